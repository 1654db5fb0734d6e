"""A page of the sketchpad in a real browser, and a screenshot when a test leaves it.

A test module brings the `address` of a running sketchpad, or a `bundle` with a page.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.static_server import StaticServer

SCREENSHOTS = Path(__file__).parent / "screenshots"
# A browser without a GPU says so when it is asked for one, and LiteRT.js asks always.
EXPECTED = re.compile(
    "Failed to create default WebGPU device|No available adapters"
    "|registration blocked by Playwright"
)
# Parts of the browser's own window, some of them pages themselves, which nobody sees here.
UNSEEN = (
    *("PreloadTopChromeWebUI", "InitialWebUI", "WebUIToolbarProcessOverheadExperiment"),
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "LensOverlay", "MediaRouter"),
    *("OptimizationHints", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "PaintHolding"),
)
QUIET = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    f"--disable-features={','.join(UNSEEN)}",
]


expect.set_options(timeout=30_000)  # Of a machine that has other things to do, too.


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("no Chromium on this machine; `make test` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def server(bundle: Path) -> Iterator[StaticServer]:
    """A plain file server of the `bundle` that a test module brings, which has a page."""
    server = StaticServer(bundle)
    yield server
    server.stop()


@pytest.fixture
def address(server: StaticServer) -> str:
    """Where the server of a `bundle` is; who serves something else brings another."""
    return server.address


@pytest.fixture
def options() -> dict[str, Any]:
    return {"viewport": {"width": 1280, "height": 860}, "locale": "en-US"}


@pytest.fixture
def visited(
    browser: Browser, address: str, options: dict[str, Any], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """The page at `address` in a browser of its own; fails on any complaint of it."""
    context = browser.new_context(**options)
    page = context.new_page()
    problems: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not EXPECTED.search(message.text):
            problems.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            problems.append(f"a request to {request.url}")

    page.on("console", on_console)
    context.on("request", on_request)  # Those of workers, too.
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    yield page
    SCREENSHOTS.mkdir(exist_ok=True)
    test = f"{request.path.stem} {request.node.name}".replace("test_", "")
    name = re.sub(r"\W+", "-", test).strip("-")
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    context.close()
    assert not problems


@pytest.fixture
def page(visited: Page) -> Page:
    expect(visited.locator(".status")).not_to_be_empty()  # The first answer: nothing is drawn yet.
    return visited
