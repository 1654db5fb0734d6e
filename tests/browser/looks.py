"""What a test does with the looks of a model: the strip of answers, names, sliders."""

import base64
import io

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

from tests.browser.pad import every, settled, stroke


def draw(page: Page) -> None:
    """Draw a line, and wait for the picture and all answers beside it."""
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    settled(page)
    wait_for_answers(page)


def wait_for_answers(page: Page) -> None:
    page.wait_for_function(
        f"""() => {{
            const [row] = {every(".looks:not([hidden]) [role=group]")};
            return row.ariaBusy === 'false'
                && [...row.querySelectorAll('canvas')].every((view) => view.dataset.painted);
        }}"""
    )


def answers(page: Page) -> list[np.ndarray]:
    """The pictures of the strip, each uint8 [S, S, 3]."""
    views = page.locator(".looks canvas")
    urls = views.evaluate_all("all => all.map((view) => view.toDataURL())")
    files = [io.BytesIO(base64.b64decode(url.split(",")[1])) for url in urls]
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def current(page: Page) -> bytes:
    """The look of the large picture, as its sliders tell it."""
    values = page.locator(".looks input[type=range]").evaluate_all(
        "all => all.map((s) => +s.value)"
    )
    return bytes(values)


def take(page: Page, number: int) -> Locator:
    return page.get_by_role("button", name=f"Take answer {number}")
