"""The sketchpad with its model in the visitor's browser: the switch, and a hosted space."""

import base64
import io
import json
import re
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from demo.bundles import load_generator
from export import page as web
from tests.browser.pad import (
    expect_server,
    painted,
    point,
    settled,
    shown,
    stroke,
    tool,
    wait_for_more,
)
from tests.demo_bundle import write_bundle
from tests.demo_server import serve
from training.errors import UserError

pytestmark = pytest.mark.slow

CHOOSER = ".engine:visible select"
SERVER = "server:tflite-int8"


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    try:
        web.build()
    except UserError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("bundles")
    return write_bundle(folder / "one"), write_bundle(folder / "two", "shoes", ("tflite-float16",))


@pytest.fixture(scope="module")
def address(bundles) -> Iterator[str]:
    with serve(*bundles) as (address, _):
        yield address


@pytest.fixture(scope="module")
def hosted(bundles) -> Iterator[str]:
    with serve(*bundles, SPACE_ID="somebody/garabato") as (address, _):
        yield address


def runs(page: Page, kind: str) -> None:
    page.locator(f".studio:visible[data-engine^='{kind}']").wait_for(state="attached")


def pixels(page: Page, selector: str) -> np.ndarray:
    """What is on a canvas, uint8 [S, S, 3]."""
    url = page.locator(selector).evaluate("canvas => canvas.toDataURL('image/png')")
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
        return np.asarray(image.convert("RGB"))


def test_the_server_that_was_chosen_while_an_engine_loads_stays_chosen(visited):
    """The model is held back until the server has been chosen, and comes then."""
    held: list[Route] = []
    visited.locator(CHOOSER).wait_for()
    runs(visited, "server")
    visited.context.route("**/generator.int8.tflite", lambda route: held.append(route))
    visited.select_option(CHOOSER, "litert-threads")
    while not held:
        visited.wait_for_timeout(50)
    visited.select_option(CHOOSER, SERVER)
    held[0].continue_()
    visited.wait_for_timeout(1_500)  # The whole loading takes less.
    runs(visited, "server")
    assert visited.locator(CHOOSER).input_value() == SERVER


def posts(page: Page) -> list[str]:
    found: list[str] = []

    def on_request(request: Request) -> None:
        if request.method == "POST":
            found.append(request.url)

    page.on("request", on_request)
    return found


def test_the_server_draws_until_the_browser_is_chosen(page, bundles):
    runs(page, "server")
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    before = settled(page)
    page.select_option(CHOOSER, "litert-threads")
    runs(page, "litert-threads")
    wait_for_more(page, before)  # What is there already is drawn.
    expect(page.locator(".status")).to_have_text(
        re.compile(r"^LiteRT, WASM, \d+ threads: \d+(\.\d)? ms$")
    )

    asked, before = posts(page), painted(page)
    tool(page, "Example 1").click()
    wait_for_more(page, before)
    page.wait_for_timeout(500)
    assert not asked  # The server has nothing to do with it.
    drawing = Image.fromarray(pixels(page, ".pad canvas"))
    size = shown(page).shape[0]
    expected = load_generator(bundles[0])(np.asarray(drawing.resize((size, size))))
    assert np.abs(shown(page).astype(int) - expected).mean() < 6


def test_the_picture_follows_the_pen_while_it_moves(page):
    page.select_option(CHOOSER, "litert")
    runs(page, "litert")
    page.mouse.move(*point(page, 0.2, 0.3))
    page.mouse.down()
    for step in range(1, 4):
        before = painted(page)
        page.mouse.move(*point(page, 0.2 + 0.2 * step, 0.3), steps=3)
        wait_for_more(page, before)  # And the mouse is still down.
    page.mouse.up()


def test_back_to_the_server(page):
    page.select_option(CHOOSER, "litert")
    runs(page, "litert")
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    before, asked = settled(page), posts(page)
    page.select_option(CHOOSER, SERVER)
    settled(page, before)  # It is sent what it has not seen.
    assert len(asked) == 1 and "/pictures/flowers" in asked[0]
    expect_server(page, "int8")


def test_a_server_that_goes_is_asked_again_until_it_is_back(browser, address):
    page = browser.new_page()
    page.goto(address)
    runs(page, "server")
    page.context.route("**/pictures/**", lambda route: route.abort())
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    expect(page.locator(".status")).to_contain_text("The server does not answer")
    page.context.unroute("**/pictures/**")
    settled(page)
    expect_server(page, "int8")
    page.context.close()


def test_on_a_hosted_space_the_browser_draws_and_each_tab_for_itself(browser, hosted):
    page = browser.new_page()
    page.goto(hosted)
    runs(page, "litert-threads")
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    drawn = settled(page)
    flower = shown(page)
    page.get_by_role("tab", name="shoes").click()
    runs(page, "litert-threads")  # There is no int8 file of them: the float16 one does as well.
    stroke(page, (0.2, 0.7), (0.8, 0.7))
    settled(page)
    asked = posts(page)
    page.get_by_role("tab", name="Flowers").click()
    runs(page, "litert-threads")
    assert painted(page) == drawn  # What was drawn for the shoes is nothing to the flowers.
    assert (shown(page) == flower).all()
    asked.clear()  # Gradio told the server of the tab.
    stroke(page, (0.2, 0.6), (0.8, 0.6))
    wait_for_more(page, drawn)
    assert not asked
    page.close()


def test_where_the_known_drawing_comes_out_wrong_the_server_goes_on(browser, tmp_path, bundles):
    bundle = write_bundle(tmp_path / "odd", "odd")
    card = json.loads((bundle / "card.json").read_text())
    card["check"]["psnr"] = 90.0
    (bundle / "card.json").write_text(json.dumps(card))
    with serve(bundle, SPACE_ID="somebody/garabato") as (address, _):
        page = browser.new_page()
        page.goto(address)
        runs(page, "server")  # After each of the engines has been tried.
        stroke(page, (0.2, 0.3), (0.8, 0.3))
        settled(page)
        page.close()


def test_nothing_of_a_bundle_is_served_but_what_engines_need(page, address, bundles):
    (bundles[0] / "notes.txt").write_text("private")
    asked = {
        name: page.request.get(f"{address}/browser/bundles/{name}").status
        for name in ("flowers/card.json", "flowers/notes.txt", "flowers/../one/notes.txt", "x/y")
    }
    assert asked == {
        "flowers/card.json": 200,
        "flowers/notes.txt": 404,
        "flowers/../one/notes.txt": 404,
        "x/y": 404,
    }
