"""The page with the model that ships: what is downloaded, what it generates, without a server."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from demo.bundles import load_generator
from export.complete import complete_bundle
from tests.browser.conftest import SCREENSHOTS
from tests.browser.live import draw_with, ready, visit
from tests.browser.pad import settled, shown, stroke, tool
from training.errors import UserError
from training.evaluation.generators import Generator, load_drawings
from training.runs.samples import random_looks

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ROOT / "demo" / "models" / "flowers"
FIRST_LOAD = 12_000_000  # Bytes, the model among them.


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """The page of one model, as it lies on a host."""
    folder = tmp_path_factory.mktemp("web") / "flowers"
    try:
        complete_bundle(SHIPPED, folder, ["web"])
    except UserError as error:
        if "npm" not in str(error):
            raise
        pytest.skip(str(error))
    return folder


def draw_a_flower(page) -> None:
    """Five petals as a child draws them, a centre and a stem, with the mouse."""
    tool(page, "Petal violet").click()
    for turn in range(5):
        angles = 2 * np.pi * turn / 5 - np.pi / 2 + np.array([0, -0.45, 0, 0.45, 0])
        radii = np.array([0.06, 0.2, 0.3, 0.2, 0.06])
        stroke(page, *zip(0.5 + radii * np.cos(angles), 0.4 + radii * np.sin(angles), strict=True))
    tool(page, "Leaf green").click()
    stroke(page, (0.5, 0.72), (0.52, 0.98))
    tool(page, "Centre yellow").click()
    stroke(page, (0.49, 0.39), (0.52, 0.41), (0.48, 0.42))


def test_little_travels_and_then_no_server_is_needed(browser, server):
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    page.goto(server.address)
    ready(page, "litert-threads")
    expect(page.locator(".tagline")).to_contain_text("doodle")
    draw_a_flower(page)
    settled(page)
    assert sum(size for _, size in server.sent) <= FIRST_LOAD, server.sent
    drawn = shown(page)
    assert drawn.std() > 20  # A picture, with light and shade.
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "page-shipped.png", full_page=True)

    server.stop()
    page.reload()
    ready(page, "litert-threads")
    draw_a_flower(page)
    settled(page)
    np.testing.assert_array_equal(shown(page), drawn)
    page.context.close()


def test_the_browser_draws_what_python_draws(browser, bundle, server):
    page = visit(browser, server)
    ready(page)
    drawings = load_drawings(ROOT / "tests" / "drawings", 256)[:16]
    look = Generator.open(bundle / "generator.int8.tflite").look
    looks = random_looks(len(drawings), look)[:, 0, 0]
    python = load_generator(bundle)
    given = zip(drawings, looks, strict=True)
    expected = np.stack([python(drawing, look.tobytes()) for drawing, look in given])
    np.testing.assert_array_equal(draw_with(page, "litert", drawings, looks), expected)
    page.context.close()


def test_a_stroke_on_one_petal_leaves_the_far_corner_alone(browser, server):
    page = visit(browser, server)
    ready(page)
    draw_a_flower(page)
    count = settled(page)
    before = shown(page).astype(int)
    tool(page, "Petal pink").click()
    stroke(page, (0.3, 0.3), (0.35, 0.32))
    settled(page, count)
    change = np.abs(shown(page) - before).mean(axis=-1)
    near, far = change[60:100, 60:110].mean(), change[-64:, -64:].mean()
    # In float the far corner changes by less than one; the rest is the rounding of integers.
    assert near > 10 and far < 4  # of 255
    expect(page.locator(".status")).to_contain_text("LiteRT")
    page.context.close()
