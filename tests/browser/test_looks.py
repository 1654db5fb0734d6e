"""Looks in the sketchpad's tab, whose pictures the server makes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.looks import answers, current, draw, take, wait_for_answers
from tests.browser.pad import on_phones, painted, settled, shown, stroke
from tests.demo_bundle import write_look_bundle
from tests.demo_server import serve

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_look_bundle(tmp_path_factory.mktemp("bundles") / "looks")


@pytest.fixture(scope="module")
def address(bundle: Path) -> Iterator[str]:
    with serve(bundle) as (address, _):
        yield address


def test_the_answers_are_one_request_and_follow_the_drawing(page: Page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    draw(page)
    strips = [url for url in asked if "%3B" in url]
    assert strips and all(url.count("%3B") == 3 for url in strips)
    first = answers(page)
    assert all((one != shown(page)).any() for one in first)
    before = painted(page)
    stroke(page, (0.5, 0.1), (0.5, 0.9))
    settled(page, before)
    wait_for_answers(page)
    assert all((one != two).any() for one, two in zip(answers(page), first, strict=True))


def test_a_taken_answer_is_what_is_shown_and_downloaded(page: Page):
    draw(page)
    before = painted(page)
    take(page, 3).click()
    settled(page, before)
    np.testing.assert_array_equal(shown(page), answers(page)[2])
    assert current(page) != bytes([128] * 3)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download", exact=True).click()
    with Image.open(saved.value.path()) as picture:
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), shown(page))


def test_looks_have_names_in_the_tab_too(page: Page):
    """A name that the page has no word for is shown as the card has it."""
    draw(page)
    before = painted(page)
    page.get_by_role("button", name="dawn").click()
    settled(page, before)
    assert current(page) == bytes([200, 128, 100])


@on_phones
def test_on_a_phone_all_is_within_reach(page: Page):
    draw(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    before = painted(page)
    take(page, 1).tap()
    settled(page, before)
    np.testing.assert_array_equal(shown(page), answers(page)[0])
