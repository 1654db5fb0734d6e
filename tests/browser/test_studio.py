"""The studio's page in a real browser: from a zip of photos to a page to take away."""

import json
import os
import re
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Request, Route, expect

from demo.studio import jobs, processes
from demo.studio.jobs import Job, State
from tests.browser.live import ready
from tests.browser.pad import on_phones, painted, settled, shown, stroke
from tests.static_server import StaticServer
from tests.studio_server import Studio, png, studio, wait, zipped

pytestmark = pytest.mark.slow
SLOW = 300_000  # ms: a command that starts TensorFlow on a busy machine.


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Studio]:
    """A studio for the tests that leave nothing at work."""
    with studio(tmp_path_factory.mktemp("studio") / "projects") as made:
        yield made


@pytest.fixture
def address(served) -> str:
    return served.link


@pytest.fixture
def options() -> dict[str, Any]:
    return {"viewport": {"width": 1280, "height": 900}, "locale": "en-US"}


@pytest.fixture
def project(served, request) -> str:
    """A project of twelve drawn flowers, of the test's own name."""
    name = re.sub(r"[\W_]+", "-", request.node.name)[5:40].strip("-").lower()
    made = served.tell("POST", "/projects", {"name": name})["id"]
    photos = zipped({f"{n}.png": png(n) for n in range(12)})
    assert served.send(made, "flowers.zip", photos).told["added"] == 12
    return made


def go(page: Page, project: str, step: str) -> None:
    page.goto(f"{page.url.split('#')[0]}#/{project}/{step}")


def hurry(route: Route) -> None:
    """Ask for a training of a minute, of small pictures: nobody waits for a quarter of an hour."""
    asked = json.loads(route.request.post_data or "{}")
    route.continue_(post_data=json.dumps(asked | {"minutes": 1, "size": 64}))


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


def newest(place: Path, project: str, kind: str) -> Job:
    return [job for job in jobs.jobs_of(place / project) if job.kind == kind][-1]


@pytest.mark.timeout(900)  # Nine commands, each of which loads TensorFlow.
def test_the_whole_way_though_all_is_killed_in_the_middle(browser, tmp_path):
    place = tmp_path / "studio"
    (tmp_path / "flowers.zip").write_bytes(
        zipped({f"{n}.png": png(n) for n in range(12)} | {"notes.txt": b"none", "x.png": b"none"})
    )
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(SLOW)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    try:
        with studio(place) as before:
            to_the_first_checkpoint(page, before, tmp_path / "flowers.zip")
            fit = newest(place, "roses", "fit").process()
            assert fit
            kill(before.process.pid)
            kill(fit.number)
            wait(lambda: not processes.lives(fit))
        with studio(place) as after:
            on_from_there(page, after)
            taken = away(page, tmp_path)
            drawn_on_its_own(context.new_page(), taken)
        assert not problems
    finally:
        context.close()


def to_the_first_checkpoint(page: Page, served: Studio, photos: Path) -> None:
    page.goto(served.link)
    page.get_by_role("button", name="New project").click()
    page.get_by_role("textbox").fill("Roses")
    page.keyboard.press("Enter")
    drop = page.locator(".drop")
    expect(drop).to_be_visible()
    drop_file(page, photos)
    expect(page.locator(".count-line")).to_have_text("12 photos")
    expect(page.locator(".wall:not(.small) img")).to_have_count(12)
    page.get_by_text("2 cannot be used").click()
    expect(page.locator(".left-out")).to_contain_text("2 × not a picture")
    page.get_by_role("link", name="On to drawings").click()
    sheets = page.locator("[data-name=style] img:visible")
    expect(sheets).to_have_count(3, timeout=SLOW)
    assert all(sheets.evaluate_all("all => all.map((each) => each.naturalWidth > 0)"))
    page.get_by_role("radio", name=re.compile("^Lines")).check()
    expect(page.locator(".choice:has(:checked) .title").first).to_have_text("Lines")
    page.get_by_role("link", name="On to training").click()
    page.route("**/train", hurry)
    page.get_by_role("button", name="Begin training").click()
    expect(page.get_by_role("list", name="At work and waiting")).to_contain_text("Roses")
    expect(page.locator(".through img")).to_be_visible(timeout=SLOW)
    wait((served.place / "roses" / "run" / "card.json").exists)  # A checkpoint is whole.
    assert json.loads((served.place / "roses/settings.json").read_text())["choice"]["style"] == (
        "outline"
    )


def drop_file(page: Page, file: Path) -> None:
    """Drop a file on the page, as from a window beside it."""
    transfer = page.evaluate_handle(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(bytes)], name));
            return transfer;
        }""",
        [file.name, list(file.read_bytes())],
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": transfer})


def on_from_there(page: Page, served: Studio) -> None:
    page.goto(f"{served.link}#/roses")
    expect(page.get_by_text("It goes on from where it last saved")).to_be_visible()
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    ready(page)
    before = painted(page)
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    settled(page, before)
    assert shown(page).std() > 0
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Go on", exact=True)).to_be_visible(timeout=2_000)


def away(page: Page, tmp_path: Path) -> Path:
    """Make the files, draw on what is finished, and take the page."""
    page.get_by_role("link", name="On to taking it away").click()
    expect(page.get_by_label("What it is called")).to_have_value("Roses")
    page.get_by_label("What it is called").fill("Roses of <b>mine</b>")
    page.get_by_label("Who made it").fill("A test")
    page.get_by_role("button", name="Make the files").click()
    expect(page.get_by_role("table")).to_contain_text("Smallest", timeout=SLOW)
    expect(page.get_by_role("list", name="At work and waiting")).to_be_hidden(timeout=SLOW)
    assert page.get_by_text("dB").count() == 0
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Draw with it").click()
    own = opened.value
    ready(own)
    stroke(own, (0.3, 0.5), (0.7, 0.5))
    settled(own)
    assert shown(own).std() > 0
    own.close()
    with page.expect_download() as download:
        page.get_by_role("link", name="The page", exact=True).click()
    download.value.save_as(tmp_path / "page.zip")
    return tmp_path / "page.zip"


def drawn_on_its_own(page: Page, taken: Path) -> None:
    """The page that was taken away draws from a plain file server."""
    with zipfile.ZipFile(taken) as packed:
        packed.extractall(taken.parent / "page")
    (index,) = (taken.parent / "page").rglob("index.html")
    server = StaticServer(index.parent)
    try:
        page.goto(server.address)
        expect(page.get_by_role("heading", level=1)).to_have_text("Roses of <b>mine</b>")
        ready(page)
        stroke(page, (0.3, 0.5), (0.7, 0.5))
        settled(page)
        assert np.std(shown(page)) > 0
    finally:
        server.stop()


def test_a_job_that_is_cancelled_ends_within_a_second(visited, served, project):
    go(visited, project, "training")
    visited.get_by_role("button", name="Begin training").click()
    line = visited.get_by_role("list", name="At work and waiting")
    expect(line.locator("li")).to_have_count(2)
    first = newest(served.place, project, "prepare")
    line.get_by_role("button", name="Cancel").first.click()
    expect(line).to_be_hidden(timeout=2_000)  # The page asks each second.
    assert first.standing().state == State.CANCELLED
    assert newest(served.place, project, "fit").standing().state == State.CANCELLED


def test_delete_asks_and_the_trash_gives_back(visited, served, project):
    card = visited.locator(".card", has_text=project)
    card.get_by_role("button", name="Delete").click()
    asked = visited.get_by_role("dialog")
    expect(asked).to_contain_text("a week")
    visited.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    expect(card).to_be_visible()
    card.get_by_role("button", name="Delete").click()
    asked.get_by_role("button", name="Delete").click()
    expect(card).to_be_hidden()
    assert not (served.place / project).exists()
    visited.get_by_text("Trash", exact=True).click()
    thrown = visited.locator(".trash li", has_text=project)
    thrown.get_by_role("button", name="Bring it back").click()
    expect(card).to_be_visible()
    assert (served.place / project / "photos").is_dir()


def test_what_is_typed_stays_though_the_page_asks_and_another_browser_writes(visited, served):
    name = "<img src=x onerror=alert(1)>"
    project = served.tell("POST", "/projects", {"name": name})["id"]
    expect(visited.locator(".card .name", has_text=name)).to_be_visible()  # As it is, no HTML.
    go(visited, project, "photos")
    expect(visited.get_by_role("heading", level=2)).to_have_text(name)
    visited.get_by_text("Use a folder of this machine").click()
    field = visited.get_by_label("Where the folder is")
    field.fill("half of a pa")
    served.tell("POST", f"/projects/{project}/rename", {"name": "Other"})
    expect(visited.get_by_role("heading", level=2)).to_have_text("Other")
    expect(field).to_have_value("half of a pa")


def test_a_training_takes_the_size_of_what_it_begins_with(visited, served, project):
    run = served.place / project / "run"
    run.mkdir()
    for name in ("config.json", "card.json", "generator.weights.h5"):
        (run / name).write_text('{"size": "384x256"}')
    go(visited, project, "training")
    start, size = (visited.get_by_label(name) for name in ("Begin with", "Pictures of"))
    expect(start.locator("option:checked")).to_have_text("What it has learned so far")
    expect(size).to_be_disabled()
    expect(size.locator("option")).to_have_text(["384 × 256 pixels"])
    start.select_option("Nothing")
    expect(size).to_be_enabled()
    expect(size.locator("option")).to_have_text(["128 × 128 pixels", "256 × 256 pixels"])
    size.select_option("128")
    start.select_option("Our flowers")
    expect(size).to_be_disabled()
    expect(size).to_have_value("256")


def test_that_a_training_ends_by_itself_is_told_where_it_does(visited, project):
    go(visited, project, "training")
    told, start = visited.get_by_text("It ends sooner"), visited.get_by_label("Begin with")
    expect(told).to_be_visible()
    start.select_option("Nothing")
    expect(told).to_be_hidden()
    start.select_option("Our things")
    expect(told).to_be_visible()


def test_photos_of_a_folder_are_taken_out_and_put_back(visited, served, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(png(number))
    project = served.tell("POST", "/projects", {"name": "Mine"})["id"]
    go(visited, project, "photos")
    visited.get_by_text("Use a folder of this machine").click()
    visited.get_by_label("Where the folder is").fill(str(tmp_path))
    visited.keyboard.press("Enter")
    photos = visited.locator(".wall:not(.small) > li")
    expect(photos).to_have_count(3)
    photos.first.get_by_role("button").click()
    expect(photos).to_have_count(2)
    expect(visited.get_by_text("One photo of that folder was taken out")).to_be_visible()
    visited.get_by_role("button", name="Use all again").click()
    expect(photos).to_have_count(3)
    assert len(list(tmp_path.iterdir())) == 3


def test_photos_are_taken_out_by_the_keyboard_alone(visited, served, project):
    go(visited, project, "photos")
    expect(visited.locator(".wall:not(.small) > li")).to_have_count(12)
    visited.locator(".wall:not(.small) .away").first.focus()
    visited.keyboard.press("Enter")
    expect(visited.locator(".wall:not(.small) > li")).to_have_count(11)
    assert len(list((served.place / project / "photos").iterdir())) == 11


def test_a_page_that_nobody_sees_asks_nothing(visited):
    asked: list[str] = []

    def hear(request: Request) -> None:
        asked.append(request.url)

    expect(visited.get_by_role("button", name="New project")).to_be_visible()
    visited.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', { value: true, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    visited.wait_for_timeout(5_500)  # One question may have been due already.
    visited.on("request", hear)
    visited.wait_for_timeout(5_500)
    assert not asked
    visited.evaluate("() => { delete document.hidden; }")
    visited.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    visited.wait_for_timeout(500)
    assert asked


@on_phones
def test_every_step_fits_a_phone(visited, served, project, options):
    dark = options["color_scheme"] == "dark"
    for step in ("photos", "drawings", "training", "taking"):
        go(visited, project, step)
        expect(visited.locator("[aria-current=step]")).to_be_visible()
        visited.wait_for_timeout(300)
        width = visited.evaluate("() => document.documentElement.scrollWidth")
        assert width <= options["viewport"]["width"], step
    background = visited.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(23, 21, 28)") == dark
    small = visited.locator("button:visible, a.tool:visible, a.primary:visible").evaluate_all(
        "all => all.filter((each) => each.getBoundingClientRect().height < 43).length"
    )
    assert small == 0, "a finger needs room"


class TestInSpanish:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"viewport": {"width": 1280, "height": 900}, "locale": "es-MX"}

    def test_it_speaks_spanish(self, visited, served, project):
        expect(visited.locator("html")).to_have_attribute("lang", "es")
        expect(visited.get_by_role("button", name="Proyecto nuevo")).to_be_visible()
        go(visited, project, "photos")
        expect(visited.locator(".count-line")).to_have_text("12 fotos")


def test_both_languages_have_the_same_words():
    page = Path(__file__).parents[2] / "demo" / "studio" / "page"
    texts = json.loads((page / "texts.json").read_text(encoding="utf-8"))
    assert texts["en"].keys() == texts["es"].keys()
    told = set()
    for script in page.glob("*.js"):
        told |= set(re.findall(r'text\("(\w+)"', script.read_text(encoding="utf-8")))
    assert told <= texts["en"].keys()
    places = r"\{(\w+)\}"
    for key, words in texts["en"].items():
        assert set(re.findall(places, words)) == set(re.findall(places, texts["es"][key])), key
