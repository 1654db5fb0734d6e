"""Several models in one page: a tab each, and what is done in one is nothing to the others."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pad import color_at, is_near, on_phones, painted, settled, shown, stroke, tool
from tests.demo_bundle import DIGITS, change_card, write_bundle, write_latent_bundle
from tests.demo_server import serve

pytestmark = pytest.mark.slow

PINK_ANSWER = (154, 57, 224)  # The tiny model swaps red and blue.


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bundles")
    bundles = [
        write_bundle(folder / "flowers"),
        write_bundle(folder / "shoes", "shoes", ("tflite-float16",)),
        write_latent_bundle(folder / "digits", "digits", DIGITS),
        *(write_latent_bundle(folder / name, name) for name in ("clouds", "stones", "waves")),
    ]
    change_card(bundles[1], data={"sketch": "given"})  # Shoes from other pictures than doodles.
    with serve(*bundles) as (address, _):
        yield address


def show(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    expect(page.locator(".status:visible")).to_contain_text(re.compile("."))


def test_each_bundle_has_its_tab_in_the_order_given(page):
    expect(page.get_by_role("tab")).to_have_text(
        ["Flowers", "shoes", "digits", "clouds", "stones", "waves"]
    )
    expect(page.get_by_role("tab", selected=True)).to_have_text("Flowers")
    expect(page.get_by_role("combobox", name="Model")).to_have_count(0)


def test_each_tab_says_what_is_to_be_done(page):
    for name, words in (("Flowers", "doodle"), ("shoes", "what it becomes"), ("digits", "seed")):
        show(page, name)
        expect(page.locator(".tagline:visible")).to_contain_text(words)


def test_each_tab_keeps_its_drawing_and_its_picture(page):
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    flower = settled(page)
    show(page, "shoes")
    expect(page.locator(".sketch:visible .examples button")).to_have_count(0)  # Those are flowers.
    chosen = page.locator(".engine:visible option[value^=server]")
    expect(chosen).to_have_count(1)  # It has one file.
    assert painted(page) == 0  # Nothing was drawn here.
    tool(page, "Leaf green").click()
    stroke(page, (0.2, 0.7), (0.8, 0.7))
    settled(page)
    shoe = shown(page)
    assert is_near(color_at(page, 0.5, 0.3), (0, 0, 0))
    assert is_near(color_at(page, 0.5, 0.7), (0x32, 0x7D, 0x2E))
    page.get_by_role("tab", name="flowers").click()
    assert is_near(color_at(page, 0.5, 0.3), PINK_ANSWER)
    assert is_near(color_at(page, 0.5, 0.7), (0, 0, 0))
    stroke(page, (0.2, 0.8), (0.8, 0.8))  # With the pen that was chosen here.
    settled(page, flower)
    assert is_near(color_at(page, 0.5, 0.3), PINK_ANSWER)
    assert is_near(color_at(page, 0.5, 0.8), PINK_ANSWER)
    page.get_by_role("tab", name="shoes").click()
    assert (shown(page) == shoe).all()
    expect(page.get_by_test_id("toast-body")).to_have_count(0)  # No error has popped up.


def test_what_a_screen_reader_hears_of_a_canvas_is_its_own(page):
    show(page, "shoes")
    help_of = "e => e.parentElement.parentElement.querySelector('.help').id"
    told = [
        (canvas.get_attribute("aria-describedby"), canvas.evaluate(help_of))
        for canvas in page.locator(".pad canvas").all()
    ]
    assert len({name for name, _ in told}) == 2
    assert all(name == own for name, own in told)


def test_the_tabs_work_with_the_keyboard(page):
    page.get_by_role("tab", name="shoes").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", selected=True)).to_have_text("shoes")


@on_phones
def test_on_a_phone_nothing_is_out_of_reach(page):
    page.locator(".overflow-menu > button").click()  # Tabs that find no place are in a menu.
    page.locator(".overflow-dropdown").get_by_text("waves").click()
    expect(page.get_by_role("tab", selected=True)).to_have_text("waves")
    expect(page.locator(".status:visible")).to_contain_text(" ms")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
