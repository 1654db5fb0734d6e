"""The controls of the page on a model that takes noise and a label."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from demo.bundles import load_sampler
from export.formats import chosen
from tests.browser.latents import difference, noise, seed, settled, slider, wait_for_way, way
from tests.browser.pad import on_phones, painted, shown, wait_for_more
from tests.browser.page_bundles import labelled_network, write_digits

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bundle(store) -> Path:
    """What the page runs of a model with labels: tflite-dynamic and tfjs."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine to build the page with")
    formats = chosen(("web",), "label-to-image")
    return store.get("labelled", lambda folder: write_digits(labelled_network(), folder, formats))


@pytest.fixture
def page(visited: Page) -> Page:
    settled(visited)
    return visited


def test_the_dice_give_another_seed(page, bundle):
    before = painted(page)
    page.get_by_role("button", name="New seed").first.click()
    wait_for_more(page, before)
    rolled = int(seed(page).input_value())
    expected = load_sampler(bundle, "tflite-dynamic")(noise(rolled))
    assert rolled > 0 and difference(shown(page), expected) <= 1


def test_a_class_is_a_button_for_mouse_and_keyboard(page, bundle):
    sampler = load_sampler(bundle, "tflite-dynamic")
    before = painted(page)
    page.locator(".labels label").nth(3).click()
    wait_for_more(page, before)
    assert difference(shown(page), sampler(noise(0), 3)) <= 1
    assert difference(shown(page), sampler(noise(0), 2)) > 1
    before = painted(page)
    page.keyboard.press("ArrowRight")
    wait_for_more(page, before)
    expect(page.get_by_role("radio", name="4", exact=True)).to_be_checked()
    assert difference(shown(page), sampler(noise(0), 4)) <= 1
    outlines = page.locator(".labels label").evaluate_all(
        "all => all.map((label) => getComputedStyle(label).outlineStyle)"
    )
    assert outlines.index("solid") == 4 and outlines.count("solid") == 1


def test_the_picture_follows_a_slider_while_it_moves(page, bundle):
    expect(page.locator(".sliders input")).to_have_count(8)
    for number in range(8):
        told = float(slider(page, number).input_value())
        assert abs(told - np.clip(noise(0)[number], -3, 3)) <= 0.0051
    zero = shown(page)
    box = slider(page, 2).bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    for share in (0.4, 0.6, 0.8):
        before = painted(page)
        page.mouse.move(box["x"] + share * box["width"], middle)
        wait_for_more(page, before)  # And the mouse is still down.
    page.mouse.up()
    values = noise(0)
    values[2] = float(slider(page, 2).input_value())
    assert values[2] > 1
    assert difference(shown(page), load_sampler(bundle, "tflite-dynamic")(values)) <= 1
    before = painted(page)
    seed(page).fill("1")
    wait_for_more(page, before)
    before = painted(page)
    seed(page).fill("0")  # Which puts the slider back.
    wait_for_more(page, before)
    np.testing.assert_array_equal(shown(page), zero)


def test_the_way_goes_from_seed_to_seed_in_eight_pictures(page, bundle):
    sampler = load_sampler(bundle, "tflite-dynamic")
    pictures = way(page)
    assert len({picture.tobytes() for picture in pictures}) == 8
    np.testing.assert_array_equal(pictures[0], shown(page))
    assert difference(pictures[-1], sampler(noise(1))) <= 1
    start, end = noise(0).astype(float), noise(1).astype(float)
    angle = math.acos(start @ end / np.linalg.norm(start) / np.linalg.norm(end))
    third = (math.sin(angle * 5 / 7) * start + math.sin(angle * 2 / 7) * end) / math.sin(angle)
    assert difference(pictures[2], sampler(third.astype(np.float32))) <= 1
    expect(page.locator("figcaption")).to_have_text("From seed 0 to seed 1")
    seed(page, "Seed to go to").fill("9")
    expect(page.locator("figcaption")).to_have_text("From seed 0 to seed 9")
    pictures = wait_for_way(page, pictures)
    assert difference(pictures[-1], sampler(noise(9))) <= 1
    page.locator(".labels label").nth(4).click()
    pictures = wait_for_way(page, pictures)
    np.testing.assert_array_equal(pictures[0], shown(page))
    assert difference(pictures[-1], sampler(noise(9), 4)) <= 1
    before = painted(page)
    seed(page).fill("9")
    wait_for_more(page, before)
    np.testing.assert_array_equal(shown(page), pictures[-1])


@pytest.mark.parametrize("typed", ["", "-1", "1.5", "99999999999"])
def test_what_is_no_seed_is_told_and_changes_nothing(page, typed):
    zero = shown(page)
    seed(page).fill(typed)
    told = "A seed is a whole number from 0 to 4294967295."
    expect(page.locator(".status")).to_have_text(told)
    expect(page.locator("figcaption")).to_have_text(told)
    page.wait_for_timeout(300)
    np.testing.assert_array_equal(shown(page), zero)
    seed(page).fill("0")
    expect(page.locator(".status")).to_contain_text("LiteRT, WASM")
    expect(page.locator(".strip canvas")).to_have_count(8)


def test_everything_has_a_name(page):
    names = page.locator(".latent :is(input, button)").evaluate_all(
        "all => all.map((each) => each.ariaLabel || each.innerText || each.labels[0]?.innerText)"
    )
    assert len(names) == 10 + 8 + 4 and all(names)


@pytest.mark.parametrize(
    "options", [{"locale": "es-MX", "viewport": {"width": 1280, "height": 860}}], ids=["desktop"]
)
def test_spanish_by_the_browsers_language(page):
    expect(page.locator(".tagline")).to_contain_text("Cada semilla es otra imagen")
    expect(page.locator("legend")).to_have_text("Clase")
    expect(page.get_by_role("button", name="Semilla nueva")).to_have_count(2)
    expect(seed(page, "Semilla de llegada")).to_have_value("1")
    expect(page.locator("figcaption")).to_have_text("De la semilla 0 a la semilla 1")


@on_phones
def test_on_a_phone_the_picture_is_above_what_changes_it(page):
    boxes = [page.locator(name).bounding_box() for name in (".view", ".labels", ".strip")]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) == 3 and tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = slider(page, 7).bounding_box()
    assert last and last["y"] + last["height"] <= 844  # In sight with the picture that it changes.
