"""Canvases of other shapes and sizes: on the page without a server, and in the sketchpad's tab."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from demo.browser import PLACE
from demo.bundles import load_generator
from demo.sizes import Size, sides_of
from tests.browser.live import ready
from tests.browser.pad import VIEW, drawn, every, on_phones, painted, settled, shown, stroke, tool
from tests.browser.page_bundles import stored, write_canvas
from tests.demo_server import serve

pytestmark = pytest.mark.slow

WIDE = (192, 64)


@pytest.fixture(scope="module")
def bundle(store) -> Path:
    return stored(store, "canvas", write_canvas)


@pytest.fixture(scope="module")
def sketchpad(bundle) -> Iterator[str]:
    with serve(bundle) as (address, _):
        yield address


@pytest.fixture
def page(visited: Page) -> Page:
    ready(visited)
    return visited


def wait_for_size(page: Page, size: Size) -> None:
    height, width = sides_of(size)
    page.wait_for_function(
        f"([width, height]) => {{ const view = {VIEW};"
        " return view.width === width && view.height === height && view.ariaBusy === 'false' }",
        arg=[width, height],
    )


def choose(page: Page, shape: str) -> None:
    before = painted(page)
    page.get_by_label("Canvas", exact=True).select_option(shape)
    settled(page, before)


def downloaded(page: Page) -> np.ndarray:
    with page.expect_download() as download:
        page.locator(".picture").get_by_role("button", name="Download", exact=True).click()
    with Image.open(io.BytesIO(Path(download.value.path()).read_bytes())) as image:
        return np.asarray(image.convert("RGB"))


def draw(page: Page) -> None:
    before = painted(page)
    stroke(page, (0.3, 0.3), (0.7, 0.6))
    settled(page, before)


def test_the_picture_comes_at_its_full_size_when_the_pen_rests(page, bundle):
    """And is small again while the pen moves."""
    draw(page)
    wait_for_size(page, 128)
    expected = load_generator(bundle, size=128)(drawn(page, 128, 128))
    np.testing.assert_array_equal(shown(page), expected)
    np.testing.assert_array_equal(downloaded(page), expected)
    small = page.evaluate(
        f"""async () => {{
            const [view, pad] = [{VIEW}, {every("[role=application]")}[0]];
            const widths = [];
            const watch = new MutationObserver(() => widths.push(view.width));
            watch.observe(view, {{ attributeFilter: ['data-painted'] }});
            pad.focus();
            for (const key of [' ', 'ArrowRight', 'ArrowRight', ' '])
                pad.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true }}));
            while (widths.at(-1) !== 128) await new Promise((done) => setTimeout(done, 50));
            return widths[0];
        }}"""
    )
    assert small == 64


def test_a_drawing_stays_on_a_canvas_of_another_shape(page, bundle):
    draw(page)
    wait_for_size(page, 128)
    square = drawn(page, 128, 128)
    choose(page, "Wide, 192 × 64")
    box = page.get_by_role("application").bounding_box()
    assert box and abs(box["width"] / box["height"] - 3) < 0.05
    wide = drawn(page, *WIDE)
    assert (wide[:, :60] == wide[0, 0]).all(), "what was the square is in the middle"
    assert (wide[:, 64:128] != wide[0, 0]).any()
    np.testing.assert_array_equal(shown(page), load_generator(bundle, size=WIDE)(wide))
    assert downloaded(page).shape == (64, 192, 3)
    before = painted(page)
    stroke(page, (0.05, 0.5), (0.95, 0.5))
    settled(page, before)
    choose(page, "Square, 128 × 128")
    before = painted(page)
    tool(page, "Undo").click()
    settled(page, before)
    np.testing.assert_array_equal(drawn(page, 128, 128), square)
    tool(page, "Redo").click()
    assert (drawn(page, 128, 128) != square).any()


def test_the_screen_has_a_shape_too(page):
    draw(page)
    choose(page, "Like the screen")
    assert shown(page).shape[:2] in ((64, 64), (128, 128))
    page.set_viewport_size({"width": 1300, "height": 420})
    choose(page, "Wide, 192 × 64")
    choose(page, "Like the screen")
    assert shown(page).shape == (64, 192, 3)


def test_a_full_size_that_does_not_load_is_done_without(browser: Browser, server):
    page = browser.new_context(service_workers="block", locale="en-US").new_page()
    page.route("**/128/**", lambda route: route.abort())
    page.goto(server.address)
    ready(page)
    draw(page)
    page.wait_for_timeout(1000)
    assert shown(page).shape == (64, 64, 3)
    assert downloaded(page).shape == (64, 64, 3)
    before = painted(page)
    stroke(page, (0.2, 0.8), (0.8, 0.8))
    settled(page, before)
    page.context.close()


def test_the_server_draws_at_all_sizes(browser: Browser, sketchpad, bundle):
    page = browser.new_context(locale="en-US").new_page()
    page.goto(sketchpad)
    ready(page, "server")
    draw(page)
    wait_for_size(page, 128)
    exact = load_generator(bundle, size=128)(drawn(page, 128, 128))
    np.testing.assert_array_equal(downloaded(page), exact)
    choose(page, "Wide, 192 × 64")
    expected = load_generator(bundle, size=WIDE)(drawn(page, *WIDE))
    np.testing.assert_array_equal(downloaded(page), expected)
    page.context.close()


@pytest.mark.parametrize(("took", "enough"), [(400, True), (600, False)])
def test_what_takes_too_long_waits_to_be_asked_for(browser: Browser, sketchpad, took, enough):
    """Four times as many pixels take four times as long, as far as is known."""
    page = browser.new_context().new_page()
    page.goto(sketchpad)
    affordable = page.evaluate(
        """async (milliseconds) => {
            const { Full } = await import(new URL('PLACE/pad/full.js', document.baseURI));
            const quick = { kind: 'server:tflite-int8', milliseconds };
            return new Full(quick, document.baseURI, { size: 128 }, {}, 4).affordable;
        }""".replace("PLACE", PLACE),
        took,
    )
    assert affordable is enough
    page.context.close()


@on_phones
def test_a_wide_canvas_fits_a_phone(page):
    draw(page)
    choose(page, "Wide, 192 × 64")
    for place in (".pad canvas", ".view"):
        box = page.locator(place).first.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert abs(box["width"] / box["height"] - 3) < 0.1
