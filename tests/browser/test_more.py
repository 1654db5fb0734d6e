"""The models that show a recipe, behind one tab, under names that a visitor understands."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.latents import settled
from tests.browser.pad import shown
from tests.demo_bundle import write_bundle, write_latent_bundle
from tests.demo_server import serve

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bundles")
    bundles = [
        write_bundle(folder / "flowers"),
        *(write_latent_bundle(folder / name, name) for name in ("dcgan", "vae")),
    ]
    with serve(*bundles) as (address, _):
        yield address


@pytest.mark.parametrize(
    "options, first, more, inside",
    [
        ({"locale": "en-US"}, "Flowers", "More", ["Digits", "Clothes, soft"]),
        ({"locale": "es-MX"}, "Flores", "Más", ["Cifras", "Ropa, suave"]),
    ],
    ids=["english", "spanish"],
)
def test_the_small_ones_are_behind_one_tab(page, first, more, inside):
    expect(page.locator("[role=tab]:visible")).to_have_text([first, more])
    page.get_by_role("tab", name=more).click()
    expect(page.locator("[role=tab]:visible")).to_have_text([first, more, *inside])
    settled(page)
    page.get_by_role("tab", name=inside[1]).click()
    settled(page)
    assert shown(page).any()
    page.get_by_role("tab", name=first).click()
    expect(page.locator("[role=tab]:visible")).to_have_text([first, more])
    expect(page.locator(".pad canvas")).to_be_visible()
