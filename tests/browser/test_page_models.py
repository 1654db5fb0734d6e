"""The page of several models: a tab for each, and what nobody looks at asks for nothing."""

import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from export import page as pages
from export.site import export_site
from tests.browser.pad import painted, settled, stroke
from tests.browser.page_bundles import labelled_network, petals, stored, write_digits
from training.errors import UserError

pytestmark = pytest.mark.slow
PAD = "garabato-pad:visible"


def digits(folder: Path) -> Path:
    return write_digits(labelled_network(), folder, ["tflite-dynamic"])


@pytest.fixture(scope="module")
def bundle(store, tmp_path_factory) -> Path:
    """A page of two models, one of which a visitor knows by a word of the page's language."""
    place = tmp_path_factory.mktemp("bundles")
    shutil.copytree(stored(store, "petals", petals), place / "flowers")
    shutil.copytree(stored(store, "few digits", digits), place / "digits")
    export_site(place / "site", [place / "flowers", place / "digits"])
    return place / "site"


@pytest.fixture
def page(visited: Page) -> Page:
    visited.locator(f"{PAD} .studio[data-engine]").wait_for(state="attached")
    return visited


def test_a_tab_for_each_model_which_keeps_its_drawing(page, server):
    assert not [path for path, _ in server.sent if path.startswith("/digits/")]
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    drawn = settled(page)
    page.get_by_role("link", name="digits").click()
    page.locator(f"{PAD} .studio[data-engine]").wait_for(state="attached")
    expect(page.get_by_role("radio", name="7")).to_be_visible()
    assert page.url.endswith("#digits")
    page.go_back()
    expect(page.get_by_role("link", name="Flowers")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert painted(page) >= drawn


@pytest.mark.parametrize("options", [{"locale": "es-ES"}])
def test_an_address_names_a_model(page):
    page.goto(page.url.split("#")[0] + "#digits")
    page.reload()
    page.locator(f"{PAD} .studio[data-engine]").wait_for(state="attached")
    expect(page.get_by_role("radio", name="7")).to_be_visible()
    expect(page.get_by_role("link", name="Flores")).to_be_visible()


def test_a_site_holds_what_each_model_is_run_by(bundle):
    assert json.loads((bundle / pages.MODELS).read_text()) == ["flowers/", "digits/"]
    assert (bundle / "index.html").exists() and not (bundle / "flowers" / "index.html").exists()
    card = json.loads((bundle / "flowers" / "card.json").read_text())
    assert {"tflite-int8", "tfjs"} <= card["files"].keys()


@pytest.mark.parametrize("names", [("flowers", "other/flowers"), ("flowers", "page")])
def test_two_of_one_name_are_refused(store, tmp_path, names):
    bundles = [
        shutil.copytree(stored(store, "few digits", digits), tmp_path / name) for name in names
    ]
    with pytest.raises(UserError, match="rename the folder of one"):
        export_site(tmp_path / "site", bundles)
    assert not (tmp_path / "site").exists()
