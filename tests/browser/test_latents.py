"""The tab of a model that takes noise, in a real browser: labels, seeds, sliders, the way."""

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from PIL import Image
from playwright.sync_api import Page, expect

from demo.bundles import load_sampler
from demo.latents import noise, places
from tests.browser.pad import on_phones, source, wait_for_another
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
    wait_for_another(page, "")
    expect(strip(page)).to_have_count(8)
    return page


def expected(bundle: Path, seed: int, label: int = 0, file: str = "tflite-float16") -> np.ndarray:
    return load_sampler(bundle, file)(noise(seed, LATENT), label)


def picture(page: Page) -> np.ndarray:
    """The picture that is shown, uint8 [S, S, 3]."""
    with Image.open(io.BytesIO(page.request.get(source(page)).body())) as image:
        return np.asarray(image.convert("RGB"))


def strip(page: Page):
    return page.locator(".strip img")


def way(page: Page) -> list[np.ndarray]:
    """The pictures on the way from seed to seed, each uint8 [S, S, 3]."""
    urls = [image.get_attribute("src") or "" for image in strip(page).all()]
    files = [io.BytesIO(base64.b64decode(url.split(",")[1])) for url in urls]
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def seed(page: Page, name: str = "Seed"):
    return page.get_by_label(name, exact=True)


def label(page: Page, number: int):
    return page.locator(".labels label").nth(number)


def slider(page: Page, number: int):
    return page.locator(".sliders input[type=range]").nth(number)


def place(seed: int, number: int) -> str:
    """Where a slider stands for a seed, as a browser writes it."""
    return f"{places(noise(seed, LATENT))[number]:g}"


def test_the_page_begins_with_seed_0(page, bundle):
    assert (picture(page) == expected(bundle, 0)).all()
    for number in range(8):
        expect(slider(page, number)).to_have_value(place(0, number))
    expect(page.locator(".sliders input[type=range]")).to_have_count(8)
    expect(page.locator(".status p")).to_have_text(re.compile(r"^float16: \d+\.\d ms$"))


def test_a_label_is_a_button_that_stays_pressed(page, bundle):
    before = source(page)
    label(page, 3).click()
    wait_for_another(page, before)
    assert (picture(page) == expected(bundle, 0, 3)).all()
    expect(page.get_by_role("radio", name="3", exact=True)).to_be_checked()
    look = "l => getComputedStyle(l).backgroundColor + getComputedStyle(l).borderColor"
    expect(page.locator(".labels label")).to_have_text(list(DIGITS))
    page.wait_for_timeout(300)  # Gradio fades from one look into the other.
    looks = [label(page, number).evaluate(look) for number in range(10)]
    assert len(set(looks)) == 2 and looks.count(looks[3]) == 1


def test_the_keyboard_chooses_a_label(page, bundle):
    before = source(page)
    page.get_by_role("radio", name="0", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    wait_for_another(page, before)
    assert (picture(page) == expected(bundle, 0, 1)).all()
    assert label(page, 1).evaluate("l => getComputedStyle(l).outlineStyle") == "solid"


def test_a_seed_is_the_same_picture_in_the_page_and_from_a_program(page, address):
    before = source(page)
    seed(page).fill("7")
    wait_for_another(page, before)
    expect(slider(page, 0)).to_have_value(place(7, 0))
    client = Client(address, verbose=False)
    with Image.open(client.predict(seed=7, api_name="/sample")) as image:
        sampled = np.asarray(image.convert("RGB"))
    client.close()
    assert (picture(page) == sampled).all()


def test_the_dice_give_another_seed(page, bundle):
    before = source(page)
    page.get_by_role("button", name="New seed").first.click()
    wait_for_another(page, before)
    rolled = int(seed(page).input_value())
    assert rolled > 0
    assert (picture(page) == expected(bundle, rolled)).all()
    expect(slider(page, 7)).to_have_value(place(rolled, 7))


@pytest.mark.parametrize("typed", ["", "-1", "99999999999"])
def test_what_is_no_seed_is_told_and_changes_nothing(page, typed):
    before = source(page)
    seed(page).fill(typed)
    told = "A seed is a whole number from 0 to 4294967295."
    expect(page.locator(".status p")).to_have_text(told)
    expect(page.locator("figcaption")).to_have_text(told)
    assert source(page) == before
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_a_slider_changes_the_picture_and_the_seed_brings_it_back(page, bundle):
    before = source(page)
    slider(page, 2).fill("2.5")
    moved = wait_for_another(page, before)
    values = noise(0, LATENT)
    values[2] = 2.5
    assert (picture(page) == load_sampler(bundle, "tflite-float16")(values)).all()
    seed(page).fill("1")
    changed = wait_for_another(page, moved)
    seed(page).fill("0")
    wait_for_another(page, changed)
    assert (picture(page) == expected(bundle, 0)).all()
    expect(slider(page, 2)).to_have_value(place(0, 2))


def test_the_way_goes_from_seed_to_seed_in_eight_pictures(page, bundle):
    pictures = way(page)
    assert len({image.tobytes() for image in pictures}) == 8
    assert (pictures[0] == expected(bundle, 0)).all()
    assert (pictures[-1] == expected(bundle, 1)).all()
    expect(page.locator("figcaption")).to_have_text("From seed 0 to seed 1")
    seed(page, "Seed to go to").fill("9")
    expect(page.locator("figcaption")).to_have_text("From seed 0 to seed 9")
    before = strip(page).last.get_attribute("src") or ""
    label(page, 4).click()
    expect(strip(page).last).not_to_have_attribute("src", before)
    assert (way(page)[0] == expected(bundle, 0, 4)).all()
    assert (way(page)[-1] == expected(bundle, 9, 4)).all()


def test_another_file_of_the_model_is_chosen(page):
    page.get_by_role("radio", name="float32").check()
    expect(page.locator(".status p")).to_have_text(re.compile("^float32: "))


def test_small_pictures_are_enlarged_as_squares(page):
    for image in (page.locator(".picture img"), strip(page).first):
        assert image.evaluate("i => getComputedStyle(i).imageRendering") == "pixelated"
        box = image.bounding_box()
        assert box and box["width"] > 3 * LATENT_SIZE


def test_everything_has_a_name(page):
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('.latent :is(button, input)')]
            .filter(e => !e.closest('.picture'))  // Gradio's own frame has none.
            .filter(e => e.checkVisibility() && !e.ariaLabel && !e.innerText && !e.labels?.length)
            .map(e => e.outerHTML)"""
    )
    assert nameless == []


@pytest.mark.parametrize(
    "options", [{"locale": "es-MX", "viewport": {"width": 1280, "height": 860}}], ids=["desktop"]
)
def test_spanish_by_the_browsers_language(page):
    expect(page.locator(".tagline p")).to_contain_text("Cada semilla es otra imagen")
    expect(page.locator("fieldset.labels")).to_contain_text("Clase")
    expect(page.get_by_role("button", name="Semilla nueva")).to_have_count(2)
    expect(seed(page, "Semilla de llegada")).to_be_visible()
    expect(page.locator("figcaption")).to_have_text("De la semilla 0 a la semilla 1")


@on_phones
def test_on_a_phone_the_picture_is_above_what_changes_it(page):
    top = [
        page.locator(name).first.bounding_box()["y"]
        for name in (".picture", "fieldset.labels", "figure")
    ]
    assert top == sorted(top)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
