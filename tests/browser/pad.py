"""What a test does with the page, or with the tab of it that is shown: draw, wait, look."""

import base64
import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect


def every(selector: str) -> str:
    """JavaScript for all elements of a selector, those within pads of the page too."""
    roots = "[document, ...[...document.querySelectorAll('garabato-pad')].map((e) => e.shadowRoot)]"
    return f"{roots}.flatMap((root) => [...root.querySelectorAll('{selector}')])"


# The picture that is seen: the other tabs have theirs.
VIEW = every(".view") + ".find((v) => v.checkVisibility())"

on_phones = pytest.mark.parametrize(
    "options",
    [
        {
            "viewport": {"width": 390, "height": 844},
            "has_touch": True,
            "is_mobile": True,
            "device_scale_factor": 2,
            "locale": "en-US",
            "color_scheme": scheme,
        }
        for scheme in ("light", "dark")
    ],
    ids=["phone-light", "phone-dark"],
)


def point(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.get_by_role("application").bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def stroke(page: Page, *points: tuple[float, float]) -> None:
    """Draw with the mouse; points are fractions of the canvas."""
    page.mouse.move(*point(page, *points[0]))
    page.mouse.down()
    for next_point in points[1:]:
        page.mouse.move(*point(page, *next_point), steps=4)
    page.mouse.up()


def painted(page: Page) -> int:
    """How many pictures the canvas that is seen has shown."""
    return page.evaluate(f"+({VIEW}?.dataset.painted ?? 0)")


def wait_for_more(page: Page, before: int) -> None:
    page.wait_for_function(f"n => +({VIEW}?.dataset.painted ?? 0) > n", arg=before)


def settled(page: Page, before: int = 0) -> int:
    """Wait for another picture, and for the last of those that a stroke gets on its way."""
    wait_for_more(page, before)
    page.wait_for_function(
        f"() => {VIEW}.ariaBusy === 'false'"
    )  # A function: see the page's policy.
    return painted(page)


def expect_server(page: Page, file: str) -> None:
    """Wait until it is said that the server drew with this file, and in how long.

    On a busy machine that may be so long that the page speaks of a crowd.
    """
    page.locator(f".studio:visible[data-engine='server:tflite-{file}']").wait_for(state="attached")
    told = re.compile(rf"^the server, {file}: \d+(\.\d)? ms$|^Many are drawing: ")
    expect(page.locator(".status:visible")).to_have_text(told)


def drawn(page: Page, width: int, height: int) -> np.ndarray:
    """What is drawn, uint8 [height, width, 3], as the model of that size takes it."""
    pixels = page.get_by_role("application").evaluate(
        """(canvas, [width, height]) => {
            const small = new OffscreenCanvas(width, height).getContext('2d');
            small.imageSmoothingQuality = 'high';
            small.drawImage(canvas, 0, 0, width, height);
            return [...small.getImageData(0, 0, width, height).data];
        }""",
        [width, height],
    )
    return np.array(pixels, np.uint8).reshape(height, width, 4)[..., :3]


def shown(page: Page) -> np.ndarray:
    """The picture that is seen, uint8 [S, S, 3]."""
    url = page.evaluate(f"{VIEW}.toDataURL('image/png')")
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
        return np.asarray(image.convert("RGB"))


def color_at(page: Page, x: float, y: float) -> np.ndarray:
    """The picture's colour at a fraction of its sides."""
    picture = shown(page)
    return picture[int(y * len(picture)), int(x * len(picture))].astype(int)


def is_near(color: np.ndarray, expected: tuple[int, int, int]) -> bool:
    return bool(np.abs(color - expected).max() <= 12)


def tool(page: Page, name: str) -> Any:
    return page.locator(".pad").get_by_role("button", name=name, exact=True)


def record_waits(page: Page) -> None:
    """Keep in `window.waits` the milliseconds from the end of each stroke to its last picture.

    0 where that was there already; a picture that does not come stays Infinity.
    """
    page.locator(".view").evaluate_all(
        """(views) => {
            window.waits = [];
            let up = 0;
            addEventListener('pointerdown', () => { up = 0; }, true);
            addEventListener('pointerup', () => {
                up = performance.now();
                const waiting = views.some((view) => view.ariaBusy === 'true');
                window.waits.push(waiting ? Infinity : 0);
            }, true);
            const late = () => {
                if (up) window.waits[window.waits.length - 1] = performance.now() - up;
            };
            for (const view of views)
                new MutationObserver(late).observe(view, { attributeFilter: ['data-painted'] });
        }"""
    )
