"""<garabato-pad> in somebody else's page: another origin, three lines of HTML."""

import base64
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import EXPECTED
from tests.browser.embedding import ALLOW, PAGE
from tests.browser.live import ready
from tests.browser.pad import drawn, painted, settled, shown, stroke
from tests.browser.page_bundles import petals, stored
from tests.static_server import StaticServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bundle(store) -> Path:
    return stored(store, "petals", petals)


@pytest.fixture
def host(bundle) -> Iterator[StaticServer]:
    server = StaticServer(bundle, ALLOW)
    yield server
    server.stop()


def embed(browser, tmp_path: Path, host: StaticServer, lang: str = "en") -> Iterator[Page]:
    (tmp_path / "index.html").write_text(PAGE.format(lang=lang, host=host.address))
    own = StaticServer(tmp_path)
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.extend([said.text] * (said.type == "error")))
    try:
        page.goto(own.address)
        yield page
    finally:
        page.close()
        own.stop()
    assert not [text for text in problems if not EXPECTED.search(text)]


@pytest.fixture
def page(browser, tmp_path, host) -> Iterator[Page]:
    yield from embed(browser, tmp_path, host)


def test_a_page_of_another_origin_draws_and_hears_of_it(page):
    ready(page)
    before = painted(page)
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    settled(page, before)
    assert shown(page).std() > 0
    names = [name for name, _ in page.evaluate("told")]
    assert names[0] == "engine" and "picture" in names and "problem" not in names
    name, detail = page.evaluate("told.at(-1)")
    assert name == "picture" and detail["kind"].startswith("litert") and detail["milliseconds"] > 0


def test_its_picture_is_a_png_of_what_is_shown(page):
    ready(page)
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    settled(page)
    content = page.locator("garabato-pad").evaluate(
        "async (pad) => btoa(String.fromCharCode("
        "...new Uint8Array(await (await pad.picture()).arrayBuffer())))"
    )
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), shown(page))


def test_it_keeps_its_own_looks_but_for_what_it_offers(page):
    """The page's rule for buttons does not reach it; its colours do, and its width counts."""
    ready(page)
    clear = page.get_by_role("button", name="Clear")
    expect(clear).to_be_visible()
    pen = page.locator(".color[aria-pressed=true]")
    assert "rgb(0, 128, 0)" in pen.evaluate("e => getComputedStyle(e).boxShadow")
    paper = page.locator(".pad .paper").bounding_box()
    picture = page.locator(".picture .paper").bounding_box()
    assert paper and picture
    assert picture["y"] < paper["y"]  # One column, as on a phone.


def test_what_it_had_open_ends_with_another_card_and_when_it_leaves(page, host):
    ready(page)
    workers = len(page.workers)
    assert workers
    pad = page.locator("garabato-pad")
    pad.evaluate("pad => pad.setAttribute('src', `${pad.getAttribute('src')}?another`)")
    page.wait_for_function("() => told.filter(([name]) => name === 'engine').length === 2")
    ready(page)
    assert len(page.workers) == workers
    pad.evaluate("pad => pad.remove()")
    page.wait_for_function("() => !document.querySelector('garabato-pad')")
    for _ in range(100):
        if not page.workers:
            break
        page.wait_for_timeout(50)
    assert not page.workers


def test_the_drawing_stays_when_a_newer_model_takes_the_place_of_the_old(page, bundle, tmp_path):
    newer = StaticServer(shutil.copytree(bundle, tmp_path / "newer"), ALLOW)
    (tmp_path / "newer" / "odd.json").write_text('{"task": "odd"}')
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    change = "(pad, url) => pad.setAttribute('src', url)"
    try:
        ready(page)
        stroke(page, (0.2, 0.5), (0.8, 0.5))
        before = settled(page)
        drawing = drawn(page, 64, 64)
        page.locator("garabato-pad").evaluate(change, f"{newer.address}/card.json")
        assert settled(page, before) > before, "the new model has answered the drawing"
        page.locator("garabato-pad").evaluate(change, f"{newer.address}/odd.json")
        expect(page.locator(".status.problem")).to_have_text(re.compile("odd.json: odd"))
        stroke(page, (0.5, 0.2), (0.5, 0.4))
        settled(page, before + 1)  # What was there goes on.
        page.get_by_role("button", name="Undo").click()
        np.testing.assert_array_equal(drawn(page, 64, 64), drawing)
        assert any(url.startswith(newer.address) and ".tflite" in url for url in asked)
    finally:
        newer.stop()


def test_it_speaks_the_language_of_the_page(browser, tmp_path, host):
    for page in embed(browser, tmp_path, host, "es-MX"):
        ready(page)
        expect(page.get_by_role("button", name="Vaciar")).to_be_visible()
        assert page.evaluate("document.documentElement.lang") == "es-MX"


def test_a_host_that_does_not_allow_it_is_a_problem_that_is_told(browser, tmp_path, bundle):
    closed = StaticServer(bundle)
    script = StaticServer(bundle, ALLOW)
    page = browser.new_page()
    html = PAGE.format(lang="en", host=script.address)
    (tmp_path / "index.html").write_text(
        html.replace(f"{script.address}/card", f"{closed.address}/card")
    )
    own = StaticServer(tmp_path)
    try:
        page.goto(own.address)
        expect(page.locator(".status.problem")).to_have_text(re.compile("fetch"))
        assert page.evaluate("told")[0][0] == "problem"
    finally:
        page.close()
        for server in (closed, script, own):
            server.stop()
