"""What a test does with the page of a model that takes noise."""

import base64
import io
import math

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

from tests.browser.live import ready
from tests.browser.pad import every, wait_for_more
from tests.browser.page_bundles import LATENT


def settled(page: Page) -> None:
    """Wait until an engine runs, and the picture and the way are painted."""
    ready(page)
    wait_for_more(page, 0)
    page.wait_for_function(f"() => {every('.strip canvas')}.every(v => v.dataset.painted)")


def seed(page: Page, name: str = "Seed") -> Locator:
    return page.get_by_label(name, exact=True)


def slider(page: Page, number: int) -> Locator:
    return page.locator(".sliders input").nth(number)


def way(page: Page) -> list[np.ndarray]:
    """The pictures on the way from seed to seed, each uint8 [S, S, 3]."""
    urls = page.locator(".strip canvas").evaluate_all("all => all.map((view) => view.toDataURL())")
    files = [io.BytesIO(base64.b64decode(url.split(",")[1])) for url in urls]
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def wait_for_way(page: Page, before: list[np.ndarray]) -> list[np.ndarray]:
    """The way once its last picture is another one."""
    for _ in range(100):
        pictures = way(page)
        if (pictures[-1] != before[-1]).any():
            return pictures
        page.wait_for_timeout(50)
    raise AssertionError("the way stayed as it was")


def noise(seed: int, latent: int = LATENT) -> np.ndarray:
    """What the page makes of a seed, by the book: Box-Muller on mulberry32."""
    state, numbers = seed, []
    for _ in range(latent + latent % 2):
        state = (state + 0x6D2B79F5) % 2**32
        mixed = (state ^ state >> 15) * (state | 1) % 2**32
        mixed ^= (mixed + (mixed ^ mixed >> 7) * (mixed | 61)) % 2**32
        numbers.append((mixed ^ mixed >> 14) / 2**32)
    normal = []
    for one, other in zip(numbers[::2], numbers[1::2], strict=True):
        radius, angle = math.sqrt(-2 * math.log(1 - one)), 2 * math.pi * other
        normal += [radius * math.cos(angle), radius * math.sin(angle)]
    return np.array(normal[:latent], np.float32)


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other).max())
