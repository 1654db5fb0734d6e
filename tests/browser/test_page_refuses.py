"""What the page does not run: damaged files, engines that draw wrongly, scripts of others."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.live import altered, ready, visit
from tests.browser.pad import stroke, wait_for_more
from tests.browser.page_bundles import petals, stored

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bundle(store) -> Path:
    return stored(store, "petals", petals)


def test_a_damaged_model_is_left_for_the_next_engine(browser, bundle, tmp_path):
    server = altered(bundle, tmp_path, "generator.int8.tflite")
    page = visit(browser, server)
    try:
        ready(page, "tfjs")  # On WebGL or WebAssembly, whichever is faster here.
        stroke(page, (0.2, 0.5), (0.8, 0.5))
        wait_for_more(page, 0)
    finally:
        page.context.close()
        server.stop()


def test_where_nothing_runs_it_says_why(browser, bundle, tmp_path):
    server = altered(bundle, tmp_path, "generator.int8.tflite", "tfjs/model.json")
    page = visit(browser, server)
    try:
        expect(page.locator(".status")).to_contain_text("It does not run here: ", timeout=60_000)
        expect(page.locator(".pad canvas")).to_be_visible()
    finally:
        page.context.close()
        server.stop()


def test_an_engine_that_draws_the_known_drawing_wrong_is_refused(browser, bundle, tmp_path):
    check = json.loads((bundle / "card.json").read_text())["check"]
    # Whole numbers are not as near to Keras as this, floats are.
    server = altered(bundle, tmp_path, check=check | {"psnr": 50})
    page = visit(browser, server)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.reload()
    try:
        ready(page, "tfjs")  # On WebGL or WebAssembly, whichever is faster here.
        wrong = r"LiteRT, WASM: gives wrong pictures here \(\d"
        assert any(re.match(wrong, text) for text in refused)
    finally:
        page.context.close()
        server.stop()


@pytest.mark.parametrize(
    ("locale", "begins"), [("en-US", "Opened as a file"), ("es-ES", "Abierta como archivo")]
)
def test_opened_by_double_click_it_says_what_to_do(browser, bundle, locale, begins):
    page = browser.new_context(locale=locale).new_page()
    try:
        page.goto((bundle / "index.html").as_uri())
        expect(page.locator("main")).to_contain_text(begins)
        expect(page.locator("main")).to_contain_text("python3 -m http.server")
    finally:
        page.context.close()


def test_a_strict_policy_holds(browser, server):
    page = visit(browser, server)
    try:
        ready(page)
        refused = page.evaluate(
            """() => new Promise((done) => {
                addEventListener('securitypolicyviolation', (event) => done(event.blockedURI));
                const script = document.createElement('script');
                script.textContent = 'window.ran = true';
                document.head.append(script);
                if (window.ran) done('nothing');
            })"""
        )
        assert refused == "inline"
    finally:
        page.context.close()
