"""Looks on the page that needs no server: other answers, names, sliders, dice, and photos."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from demo.bundles import load_generator
from tests.browser.live import ready
from tests.browser.looks import answers, current, draw, take, wait_for_answers
from tests.browser.pad import (
    drawn,
    every,
    on_phones,
    painted,
    settled,
    shown,
    stroke,
    wait_for_more,
)
from tests.browser.page_bundles import LOOK, PETALS, stored, write_looks

pytestmark = pytest.mark.slow
MEAN = bytes([128] * LOOK)


@pytest.fixture(scope="module")
def bundle(store) -> Path:
    return stored(store, "looks", write_looks)


@pytest.fixture
def page(visited: Page) -> Page:
    ready(visited)
    return visited


def test_each_answer_is_that_of_its_look(page, bundle):
    """The large picture has the mean look, and taking an answer makes it the large one."""
    draw(page)
    generator, doodle = load_generator(bundle), drawn(page, PETALS, PETALS)
    np.testing.assert_array_equal(shown(page), generator(doodle, MEAN))
    assert current(page) == MEAN
    others = answers(page)
    assert len(others) >= 4
    assert all(np.abs(one.astype(int) - shown(page)).mean() > 1 for one in others)
    for number in (1, 3):
        before = painted(page)
        take(page, number).click()
        settled(page, before)
        np.testing.assert_array_equal(shown(page), others[number - 1])
        np.testing.assert_array_equal(shown(page), generator(doodle, current(page)))


def test_the_answers_follow_the_drawing_and_the_look_stays(page):
    draw(page)
    before = painted(page)
    take(page, 2).click()
    settled(page, before)
    look, before_answers = current(page), answers(page)
    before = painted(page)
    page.get_by_role("application").scroll_into_view_if_needed()
    stroke(page, (0.5, 0.1), (0.5, 0.9))
    settled(page, before)
    wait_for_answers(page)
    assert current(page) == look
    assert all((one != two).any() for one, two in zip(answers(page), before_answers, strict=True))
    np.testing.assert_array_equal(shown(page), answers(page)[1])


def test_the_dice_change_all_but_what_is_kept(page):
    draw(page)
    first = answers(page)
    page.get_by_role("checkbox", name="Keep this answer 2").check()
    page.get_by_role("button", name="Other answers").click()
    wait_for_answers(page)
    same = [(one == two).all() for one, two in zip(first, answers(page), strict=True)]
    assert same == [False, True, False, False]


def test_a_change_of_look_is_taken_back(page):
    back = page.get_by_role("button", name="Back to the look before")
    expect(back).to_be_disabled()
    draw(page)
    for number in (1, 4):
        before = painted(page)
        take(page, number).click()
        settled(page, before)
    before = painted(page)
    back.click()
    settled(page, before)
    np.testing.assert_array_equal(shown(page), answers(page)[0])
    back.click()
    wait_for_more(page, before)
    expect(back).to_be_disabled()
    assert current(page) == MEAN


def test_looks_have_names(page, bundle):
    draw(page)
    before = painted(page)
    page.get_by_role("button", name="Night", exact=True).click()
    settled(page, before)
    told = page.evaluate("fetch('card.json').then((answer) => answer.json())")
    [night] = [each for each in told["look"]["palette"] if each["name"] == "night"]
    assert current(page) == bytes(night["look"])
    before = painted(page)
    page.get_by_role("button", name="As usual").click()
    settled(page, before)
    assert current(page) == MEAN


def test_a_slider_moves_the_picture_by_mouse_and_by_keyboard(page, bundle):
    draw(page)
    page.get_by_text("Adjust the look").click()
    light = page.get_by_role("slider", name="Light behind it")
    light.focus()
    before = painted(page)
    page.keyboard.press("PageUp")
    wait_for_more(page, before)
    assert current(page)[0] > 128 and current(page)[1:] == MEAN[1:]
    box = light.bounding_box()
    assert box
    before = painted(page)
    page.mouse.click(box["x"] + 0.1 * box["width"], box["y"] + box["height"] / 2)
    settled(page, before)
    assert current(page)[0] < 60
    np.testing.assert_array_equal(
        shown(page), load_generator(bundle)(drawn(page, PETALS, PETALS), current(page))
    )
    page.get_by_role("button", name="Back to the look before").click()
    page.wait_for_function(f"() => +{every('.looks input[type=range]')}[0].value > 128")


def test_a_photo_gives_its_light(page, tmp_path):
    Image.new("RGB", (300, 200), (250, 250, 250)).save(tmp_path / "white.png")
    draw(page)
    before = painted(page)
    page.locator(".looks input[type=file]").set_input_files(tmp_path / "white.png")
    settled(page, before)
    look = current(page)
    assert look[0] == 255 and look[6:] == MEAN[6:]
    (tmp_path / "no.png").write_text("no picture")
    page.locator(".looks input[type=file]").set_input_files(tmp_path / "no.png")
    expect(page.locator(".looks .problem")).to_contain_text("not a PNG")
    assert current(page) == look


def test_all_answers_are_saved_as_one_sheet(page, tmp_path):
    draw(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download all").click()
    assert saved.value.suggested_filename == "looks-looks.png"
    with Image.open(io.BytesIO(Path(saved.value.path()).read_bytes())) as sheet:
        pixels = np.asarray(sheet.convert("RGB"))
    expected = np.concatenate([shown(page), *answers(page)], axis=1)
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("kind", ["litert-threads", "tfjs-wasm"])
def test_both_engines_take_the_look(page, bundle, kind):
    """Parity is that of the bundle's check, whose drawing has a look of its own."""
    page.locator(".engine select").select_option(kind)
    ready(page, kind)
    draw(page)
    expected = load_generator(bundle)(drawn(page, PETALS, PETALS), current(page)).astype(int)
    assert np.abs(shown(page) - expected).mean() < 8


@on_phones
def test_on_a_phone_nothing_is_wider_than_the_screen(page):
    draw(page)
    page.get_by_text("Adjust the look").tap()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    before = painted(page)
    take(page, 2).tap()
    settled(page, before)
    np.testing.assert_array_equal(shown(page), answers(page)[1])
