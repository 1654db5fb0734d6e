"""What is chosen last is what runs, whatever loads first; and an engine that breaks is replaced.

What has to be late is held back until the test lets it go, so that nothing is left to luck.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.live import ready, visit
from tests.browser.pad import painted, stroke, wait_for_more
from tests.browser.page_bundles import petals, stored
from tests.static_server import StaticServer

pytestmark = pytest.mark.slow

SETTLED = 1_500  # ms after what was held back has come: the whole loading takes less.
# Appended to a worker: it breaks when it is told to, by nothing that the page sends.
BREAKS = "new BroadcastChannel('break').onmessage = () => { throw new Error('out of memory'); };"


@pytest.fixture(scope="module")
def bundle(store) -> Path:
    return stored(store, "petals", petals)


@pytest.fixture
def page(browser, bundle):
    server = StaticServer(bundle)
    page = visit(browser, server)
    ready(page, "litert")
    yield page
    page.context.close()
    server.stop()


def hold(page: Page, pattern: str) -> list[Route]:
    """Hold back what is fetched from addresses of this pattern; gives what waits."""
    held: list[Route] = []
    page.context.route(pattern, lambda route: held.append(route))
    return held


def wait_until_held(page: Page, held: list[Route]) -> None:
    for _ in range(200):
        if held:
            return
        page.wait_for_timeout(50)
    raise AssertionError("nothing was asked for")


def choose(page: Page, kind: str) -> None:
    page.select_option(".engine select", kind)


def engine(page: Page) -> str | None:
    return page.locator(".studio").get_attribute("data-engine")


def test_the_later_choice_wins_whatever_loads_first(page):
    held = hold(page, "**/tfjs/model.json")
    choose(page, "tfjs-wasm")
    wait_until_held(page, held)
    page.locator(".studio").evaluate("studio => { studio.dataset.engine = 'none'; }")
    choose(page, "litert")
    ready(page, "litert")
    held[0].continue_()
    page.wait_for_timeout(SETTLED)
    assert engine(page) == "litert"
    expect(page.locator(".engine select")).to_have_value("litert")
    expect(page.locator(".loading")).to_be_hidden()
    before = painted(page)
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    wait_for_more(page, before)


def test_an_engine_that_breaks_while_it_has_nothing_to_do_is_replaced(browser, bundle):
    server = StaticServer(bundle)
    context = browser.new_context(service_workers="block")

    def with_a_flaw(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + BREAKS)

    context.route("**/litert-worker.js", with_a_flaw)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    try:
        page.goto(server.address)
        ready(page, "litert")
        page.evaluate("new BroadcastChannel('break').postMessage('now')")
        ready(page, "tfjs")
        before = painted(page)
        stroke(page, (0.2, 0.5), (0.8, 0.5))
        wait_for_more(page, before)
        assert not [text for text in problems if "TypeError" in text or "null" in text]
    finally:
        context.close()
        server.stop()
