"""What a test does with the page, or with the tab of it that is shown: draw, wait, look."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

# The picture that is seen: the other tabs have theirs.
_IMAGE = "[...document.querySelectorAll('.picture img')].find((i) => i.checkVisibility())"

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


def source(page: Page) -> str:
    """Where the picture is, or nothing."""
    image = page.locator(".picture img:visible")
    return (image.get_attribute("src") or "") if image.count() else ""


def wait_for_another(page: Page, before: str) -> str:
    page.wait_for_function(
        f"""before => {{
            const i = {_IMAGE};
            return i && i.src !== before && i.complete && i.naturalWidth;
        }}""",
        arg=before,
    )
    return source(page)


def color_at(page: Page, x: float, y: float) -> np.ndarray:
    """The picture's colour at a fraction of its sides."""
    return np.array(
        page.evaluate(
            f"""([x, y]) => {{
                const image = {_IMAGE};
                const canvas = document.createElement('canvas');
                const [w, h] = [canvas.width, canvas.height] =
                    [image.naturalWidth, image.naturalHeight];
                const context = canvas.getContext('2d');
                context.drawImage(image, 0, 0);
                return [...context.getImageData(x * w, y * h, 1, 1).data].slice(0, 3);
            }}""",
            [x, y],
        )
    )


def is_near(color: np.ndarray, expected: tuple[int, int, int]) -> bool:
    return bool(np.abs(color - expected).max() <= 12)


def tool(page: Page, name: str) -> Any:
    return page.locator(".pad").get_by_role("button", name=name, exact=True)


def record_waits(page: Page) -> None:
    """Keep in `window.waits` the milliseconds from the end of each stroke to its picture."""
    page.evaluate(
        """() => {
            window.waits = [];
            let up = 0;
            addEventListener('pointerup', () => { up = performance.now(); }, true);
            document.addEventListener('load', ({ target }) => {
                if (target.closest?.('.picture')) window.waits.push(performance.now() - up);
            }, true);
        }"""
    )
