"""A static space as its host serves it: the page, with threads from the first load."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from demo.browser import engines
from tests.browser.live import ready
from tests.browser.pad import painted, stroke, wait_for_more
from tests.static_server import StaticServer

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parent.parent.parent / "demo" / "models"


@pytest.fixture(scope="module")
def space(tmp_path_factory) -> Path:
    if not engines():
        pytest.skip("the page is not built; `npm run build` in demo/web builds it")
    folder = tmp_path_factory.mktemp("static") / "space"
    command = [sys.executable, "-m", "demo", "space", "--static", str(folder)]
    bundles = [str(MODELS / name) for name in ("flowers", "gan")]
    done = subprocess.run([*command, *bundles], capture_output=True, text=True)
    assert done.returncode == 0 and "upload it as it is" in done.stdout, done.stderr
    return folder


def loaded_once(browser: Browser, address: str) -> Page:
    """The page at its first load: without the service worker, which brings the headers later."""
    page = browser.new_context(service_workers="block", locale="en-US").new_page()
    page.goto(address)
    return page


def test_threads_are_there_at_the_first_load_by_the_headers_that_the_space_asks_for(browser, space):
    head = yaml.safe_load((space / "README.md").read_text().split("---")[1])
    served = StaticServer(space, head["custom_headers"])
    try:
        page = loaded_once(browser, served.address)
        expect(page.get_by_role("link")).to_have_text(["Flowers", "Clothes"])
        ready(page, "litert-threads")
        assert page.evaluate("crossOriginIsolated")
        before = painted(page)
        stroke(page, (0.3, 0.3), (0.7, 0.6))
        wait_for_more(page, before)
        page.get_by_role("link", name="Clothes").click()
        assert page.evaluate("location.hash") == "#gan"
    finally:
        served.stop()


def test_without_those_headers_they_are_not(browser, space):
    served = StaticServer(space)
    try:
        assert not loaded_once(browser, served.address).evaluate("crossOriginIsolated")
    finally:
        served.stop()
