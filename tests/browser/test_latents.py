"""The tab of a model that takes noise, in a real browser, with its pictures from the server.

What seeds, sliders and labels do is the same on the page that needs no server, and tested there.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from PIL import Image
from playwright.sync_api import Page, expect

from demo.bundles import load_sampler
from demo.latents import noise
from tests.browser.latents import seed, settled, slider, way
from tests.browser.pad import expect_server, on_phones, painted, shown, wait_for_more
from tests.demo_bundle import DIGITS, LATENT, LATENT_SIZE, write_latent_bundle
from tests.demo_server import serve

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_latent_bundle(tmp_path_factory.mktemp("bundles") / "one", "digits", DIGITS)


@pytest.fixture(scope="module")
def address(bundle: Path) -> Iterator[str]:
    with serve(bundle) as (address, _):
        yield address


@pytest.fixture
def page(page: Page) -> Page:
    settled(page)
    return page


def expected(bundle: Path, seed: int, label: int = 0, file: str = "tflite-float16") -> np.ndarray:
    return load_sampler(bundle, file)(noise(seed, LATENT), label)


def test_the_page_begins_with_seed_0(page, bundle):
    assert (shown(page) == expected(bundle, 0)).all()
    expect(page.locator(".sliders input[type=range]")).to_have_count(8)
    expect_server(page, "float16")


def test_the_way_is_one_request(page, bundle):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = painted(page)
    page.locator(".labels label").nth(4).click()
    wait_for_more(page, before)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.strip canvas')].every(v => v.dataset.painted > 1)"
    )
    assert [url.split("/")[3] for url in asked] == ["pictures"] * 2  # The picture, and the way.
    pictures = way(page)
    assert len({image.tobytes() for image in pictures}) == 8
    assert (pictures[0] == expected(bundle, 0, 4)).all()
    assert (pictures[-1] == expected(bundle, 1, 4)).all()


def test_a_seed_is_the_same_picture_in_the_page_and_from_a_program(page, address):
    before = painted(page)
    seed(page).fill("7")
    wait_for_more(page, before)
    client = Client(address, verbose=False)
    with Image.open(client.predict(seed=7, api_name="/sample")) as image:
        sampled = np.asarray(image.convert("RGB"))
    client.close()
    assert (shown(page) == sampled).all()


def test_the_picture_follows_a_slider(page, bundle):
    before = painted(page)
    slider(page, 2).fill("2.5")
    wait_for_more(page, before)
    values = noise(0, LATENT)
    values[2] = 2.5
    assert (shown(page) == load_sampler(bundle, "tflite-float16")(values)).all()


def test_another_file_of_the_model_is_chosen(page, bundle):
    before = painted(page)
    page.select_option(".engine select", "server:tflite-float32")
    wait_for_more(page, before)
    expect_server(page, "float32")
    assert (shown(page) == expected(bundle, 0, file="tflite-float32")).all()


@on_phones
def test_on_a_phone_the_picture_is_above_what_changes_it(page):
    top = [
        page.locator(name).first.bounding_box()["y"]
        for name in (".view", "fieldset.labels", "figure")
    ]
    assert top == sorted(top)
    assert page.locator(".view").bounding_box()["width"] > 3 * LATENT_SIZE
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
