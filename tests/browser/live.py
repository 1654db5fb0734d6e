"""What a test does with the page that needs no server: open, wait, look, ask its engines."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from tests.static_server import StaticServer


def altered(bundle: Path, tmp_path: Path, *files: str, **card: Any) -> StaticServer:
    """Serve a copy of the bundle with some files damaged, and keys of its card changed."""
    copy = shutil.copytree(bundle, tmp_path / "altered")
    for file in files:
        content = bytearray((copy / file).read_bytes())
        content[len(content) // 2] ^= 0xFF
        (copy / file).write_bytes(content if file.endswith(".tflite") else content[:300])
    told = json.loads((copy / "card.json").read_text())
    (copy / "card.json").write_text(json.dumps(told | card))
    return StaticServer(copy)


def visit(browser: Browser, server: StaticServer) -> Page:
    page = browser.new_context(service_workers="block").new_page()
    page.goto(server.address)
    return page


def ready(page: Page, kind: str = "") -> None:
    """Wait until an engine runs whose kind begins like this."""
    page.wait_for_selector(
        f".studio[data-engine^='{kind}']" if kind else ".studio[data-engine]", state="attached"
    )


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.locator(".pad canvas").bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def draw_with(
    page: Page, kind: str, sketches: np.ndarray, looks: np.ndarray | None = None
) -> np.ndarray:
    """What an engine of the page makes of sketches, uint8 [N, S, S, 3], given as pixels.

    With looks, uint8 [N, K], where it takes them.
    """
    rgba = np.concatenate([sketches, np.full_like(sketches[..., :1], 255)], axis=-1)
    answer = page.evaluate(
        """async ([kind, size, all, looks]) => {
            const { openEngine } = await import(new URL('page/engines.js', document.baseURI).href);
            const card = await (await fetch('card.json')).json();
            const engine = await openEngine(kind, new URL('./', document.baseURI), card,
                { engines: new URL('page/', document.baseURI) });
            const bytes = Uint8Array.from(atob(all), c => c.charCodeAt(0));
            const length = size * size * 4;
            const drawn = new Uint8Array(bytes.length);
            for (let at = 0; at < bytes.length; at += length) {
                const sketch = new Uint8ClampedArray(bytes.slice(at, at + length).buffer);
                const look = looks && { look: Uint8Array.from(looks[at / length]) };
                drawn.set(await engine.generate({ sketch, ...look }), at);
            }
            engine.close();
            let text = '';
            for (const byte of drawn) text += String.fromCharCode(byte);
            return btoa(text);
        }""",
        [
            kind,
            sketches.shape[1],
            base64.b64encode(rgba.tobytes()).decode(),
            None if looks is None else looks.tolist(),
        ],
    )
    return np.frombuffer(base64.b64decode(answer), np.uint8).reshape(rgba.shape)[..., :3]
