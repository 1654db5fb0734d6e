"""The page that needs no server, from a plain file server, on a small network of our own."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from demo.bundles import load_generator
from export.serving import in_keras
from tests.browser.live import at, draw_with, ready
from tests.browser.pad import painted, settled, shown, stroke, tool, wait_for_more
from tests.browser.page_bundles import PETALS, write_petals
from tests.export_networks import drawings, randomised
from training.networks.shuffle_unet import shuffle_unet

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def generator():
    return randomised(shuffle_unet(PETALS, width=8))


@pytest.fixture(scope="module")
def bundle(store, generator) -> Path:
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine to build the page with")
    return store.get("petals", lambda folder: write_petals(generator, folder))


@pytest.fixture
def page(visited: Page) -> Page:
    return visited


def test_the_picture_follows_the_pen_while_it_moves(page):
    expect(page.locator(".tagline")).to_contain_text("what it becomes")  # It learned no sketches.
    ready(page, "litert-threads")
    assert page.evaluate("crossOriginIsolated")
    page.mouse.move(*at(page, 0.2, 0.3))
    page.mouse.down()
    for step in range(1, 4):
        before = painted(page)
        page.mouse.move(*at(page, 0.2 + 0.2 * step, 0.3), steps=3)
        wait_for_more(page, before)  # And the mouse is still down.
    page.mouse.up()
    assert shown(page).std() > 0
    expect(page.locator(".status")).to_contain_text(re.compile(r"^LiteRT, WASM, \d+ threads: \d+"))


@pytest.mark.parametrize("kind", ["litert-threads", "litert"])
def test_litert_draws_what_python_draws_to_the_last_count(page, bundle, kind):
    ready(page)
    sketches = drawings(16, PETALS)
    generator = load_generator(bundle)
    expected = np.stack([generator(sketch) for sketch in sketches])
    found = draw_with(page, kind, sketches)
    np.testing.assert_array_equal(found, expected)


def test_tensorflow_js_draws_what_keras_draws(page, generator):
    ready(page)
    sketches = drawings(16, PETALS)
    error = draw_with(page, "tfjs-wasm", sketches) - in_keras(generator, {"sketch": sketches})
    assert 10 * np.log10(255**2 / np.square(error).mean()) >= 45


def test_the_page_shows_what_its_engine_draws(page, bundle):
    ready(page)
    tool(page, "Example 1").click()
    wait_for_more(page, 0)
    expected = load_generator(bundle)(drawings(1, PETALS, seed=3)[0])
    # Enlarged for the screen and made small again, an example changes a little.
    assert np.abs(shown(page).astype(int) - expected).mean() < 6


def test_of_many_drawings_the_newest_wins(page):
    ready(page)
    told = page.evaluate(
        """async (size) => {
            const { openEngine } = await import(new URL('page/engines.js', document.baseURI).href);
            const card = await (await fetch('card.json')).json();
            const engine = await openEngine('litert', new URL('./', document.baseURI), card,
                { engines: new URL('page/', document.baseURI) });
            const grey = (n) => ({ sketch: new Uint8ClampedArray(size * size * 4).fill(6 * n) });
            const asked = [];
            for (let n = 0; n < 40; n += 1) asked.push(engine.generate(grey(n)));
            const alone = await Promise.all(asked);
            const last = await engine.generate(grey(39));
            return [alone.map(Boolean), alone[39].join() === last.join()];
        }""",
        PETALS,
    )
    answered, newest = told
    assert newest and answered[0] and answered[-1] and sum(answered) == 2


def test_undo_redo_clear_and_download(page):
    ready(page)
    expect(page.get_by_role("button", name="Download")).to_be_disabled()
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    before = settled(page)
    one = shown(page)
    stroke(page, (0.5, 0.2), (0.5, 0.8))
    settled(page, before)
    two = shown(page)
    assert (one != two).any()
    before = painted(page)
    tool(page, "Undo").click()
    wait_for_more(page, before)
    np.testing.assert_array_equal(shown(page), one)
    before = painted(page)
    page.locator(".pad canvas").focus()
    page.keyboard.press("Control+y")
    wait_for_more(page, before)
    np.testing.assert_array_equal(shown(page), two)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with Image.open(download.value.path()) as image:
        assert (image.format, image.size) == ("PNG", (PETALS, PETALS))
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), two)
    tool(page, "Clear").click()
    expect(page.locator(".status")).to_have_text("Draw something, or start from an example.")


def test_another_engine_is_chosen_and_draws_alike(page):
    ready(page, "litert-threads")
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    before = settled(page)
    one = shown(page)
    page.select_option(".engine select", "tfjs-wasm")
    ready(page, "tfjs-wasm")
    wait_for_more(page, before)
    expect(page.locator(".status")).to_contain_text("TensorFlow.js, WASM: ")
    assert np.abs(shown(page).astype(int) - one).mean() < 8


def test_it_runs_with_the_server_gone(page, server):
    ready(page)
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    wait_for_more(page, 0)
    server.stop()
    page.reload()
    ready(page)
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    wait_for_more(page, 0)


@pytest.mark.parametrize(
    "options", [{"viewport": {"width": 1280, "height": 860}, "service_workers": "block"}]
)
def test_without_isolation_it_runs_on_one_thread_and_says_so(page):
    ready(page, "litert")
    assert not page.evaluate("crossOriginIsolated")
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    wait_for_more(page, 0)
    expect(page.locator(".status")).to_contain_text("one thread (this address allows no more)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "options",
    [
        {
            "viewport": {"width": 390, "height": 844},
            "has_touch": True,
            "is_mobile": True,
            "device_scale_factor": 3,
            "locale": "es-ES",
        }
    ],
    ids=["phone"],
)
def test_a_finger_draws_on_a_phone(page, scheme):
    page.emulate_media(color_scheme=scheme)
    ready(page)
    before = painted(page)
    session = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", 0.2), *(("touchMove", 0.2 + 0.1 * n) for n in range(1, 7))):
        place = dict(zip("xy", at(page, x, 0.5), strict=True))
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [place]})
    wait_for_more(page, before)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for box in (page.locator(name).bounding_box() for name in (".view", ".pad canvas")):
        assert box and 0 <= box["y"] and box["y"] + box["height"] <= 844  # Both at a glance.
    expect(page.get_by_role("button", name="Deshacer")).to_be_visible()
