"""The sketchpad in a real browser: mouse, finger and keyboard, both languages, light and dark.

Each test leaves a screenshot in `tests/browser/screenshots/`, to be looked at.
"""

import re
import statistics
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.pad import (
    color_at,
    expect_server,
    is_near,
    on_phones,
    painted,
    point,
    record_waits,
    settled,
    shown,
    stroke,
    tool,
)
from tests.demo_bundle import SIZE, write_bundle
from tests.demo_server import serve

pytestmark = pytest.mark.slow

PINK, PINK_ANSWER = (224, 57, 154), (154, 57, 224)  # The tiny model swaps red and blue.


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(write_bundle(tmp_path_factory.mktemp("bundles") / "one")) as (address, _):
        yield address


def test_the_picture_follows_each_stroke_of_the_mouse(page):
    assert painted(page) == 0
    expect(page.locator(".status")).to_have_text("Draw something, or start from an example.")
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    first = settled(page)
    assert is_near(color_at(page, 0.5, 0.3), PINK_ANSWER)
    assert is_near(color_at(page, 0.5, 0.7), (0, 0, 0))
    tool(page, "Leaf green").click()
    stroke(page, (0.2, 0.7), (0.8, 0.7))
    second = settled(page, first)
    assert is_near(color_at(page, 0.5, 0.3), PINK_ANSWER)
    assert is_near(color_at(page, 0.5, 0.7), (0x32, 0x7D, 0x2E))
    stroke(page, (0.5, 0.5))
    settled(page, second)
    expect_server(page, "int8")


def test_the_picture_comes_within_150_ms(page):
    record_waits(page)
    before = 0
    for index in range(10):
        stroke(page, (0.1, 0.05 + 0.09 * index), (0.9, 0.1 + 0.09 * index))
        before = settled(page, before)
    waits = page.evaluate("window.waits")
    print(f"stroke to picture: median {statistics.median(waits):.0f} ms, best {min(waits):.0f} ms")
    # The best of ten: how busy the machine is with other things is not what is tested.
    assert min(waits) < 150


def test_a_fast_drawer_is_never_behind(page):
    sent = []
    page.on("request", lambda r: sent.append(r) if "/pictures/" in r.url else None)
    tool(page, "16 pixels wide").click()
    spots = [(x, y) for y in np.linspace(0.1, 0.9, 6) for x in np.linspace(0.1, 0.9, 6)]
    # As fast as a browser can: no turn of the event loop between the strokes.
    page.evaluate(
        """spots => {
            const canvas = document.querySelector('.pad canvas');
            canvas.setPointerCapture = () => {};
            const box = canvas.getBoundingClientRect();
            for (const [x, y] of spots)
                for (const name of ['pointerdown', 'pointerup'])
                    canvas.dispatchEvent(new PointerEvent(name, {
                        clientX: box.left + x * box.width, clientY: box.top + y * box.height,
                        button: 0, isPrimary: true, pointerId: 1 }));
        }""",
        spots,
    )
    settled(page)
    assert all(is_near(color_at(page, x, y), PINK_ANSWER) for x, y in spots)
    assert len(sent) <= 3  # The first, the last, and no queue in between.


def test_eraser_undo_and_clear(page):
    expect(tool(page, "Undo")).to_be_disabled()
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    drawn = settled(page)
    tool(page, "Eraser").click()
    stroke(page, (0.5, 0.4), (0.5, 0.6))
    erased = settled(page, drawn)
    assert is_near(color_at(page, 0.5, 0.5), (0, 0, 0))
    tool(page, "Undo").click()
    settled(page, erased)
    assert is_near(color_at(page, 0.5, 0.5), PINK_ANSWER)
    tool(page, "Clear").click()
    expect(page.locator(".status")).to_have_text("Draw something, or start from an example.")
    assert not shown(page).any()
    before = painted(page)
    tool(page, "Undo").click()
    settled(page, before)


def test_brushes_draw_wider_and_finer_lines(page):
    tool(page, "2 pixels wide").click()
    stroke(page, (0.1, 0.3), (0.9, 0.3))
    before = settled(page)
    assert is_near(color_at(page, 0.5, 0.36), (0, 0, 0))
    tool(page, "16 pixels wide").click()
    stroke(page, (0.1, 0.3), (0.9, 0.3))
    settled(page, before)
    assert is_near(color_at(page, 0.5, 0.36), PINK_ANSWER)


def test_an_example_is_a_start(page):
    tool(page, "Example 2").click()
    before = settled(page)
    stroke(page, (0.1, 0.1), (0.2, 0.1))
    settled(page, before)
    assert is_near(color_at(page, 0.3, 0.5), PINK_ANSWER)  # The example is pink, too.


def test_a_picture_is_uploaded(page, tmp_path):
    picture = tmp_path / "wide.jpg"
    Image.new("RGB", (1600, 800), PINK).save(picture)
    page.locator(".pad input[type=file]").set_input_files(picture)
    settled(page)
    assert is_near(color_at(page, 0.05, 0.5), PINK_ANSWER)
    assert is_near(color_at(page, 0.5, 0.1), (0, 0, 0))  # Padded, not cut.


def test_black_ink_on_a_transparent_sheet_is_seen(page, tmp_path):
    sheet = Image.new("RGBA", (SIZE, SIZE), (0, 0, 0, 0))
    sheet.paste((0, 0, 0, 255), (0, 0, SIZE, SIZE // 2))
    sheet.save(tmp_path / "ink.png")
    page.locator(".pad input[type=file]").set_input_files(tmp_path / "ink.png")
    settled(page)
    assert is_near(color_at(page, 0.5, 0.2), (0, 0, 0))
    assert is_near(color_at(page, 0.5, 0.8), (255, 255, 255))


def test_a_file_that_is_no_picture_is_refused_in_words(page, tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    page.locator(".pad input[type=file]").set_input_files(text)
    expect(page.locator(".pad .problem")).to_have_text(
        "This file is not a PNG, JPEG or WebP picture."
    )
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    expect(page.locator(".pad .problem")).to_be_empty()


def test_another_file_of_the_model_is_chosen(page):
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    settled(page)
    page.select_option(".engine select", label="the server, float16")
    expect_server(page, "float16")


def test_one_model_needs_no_tabs(page):
    expect(page.get_by_role("tab")).to_have_count(0)
    expect(page.get_by_role("application")).to_be_visible()


def test_the_picture_is_downloaded(page):
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    settled(page)
    with page.expect_download() as download:
        page.locator(".picture").get_by_role("button", name="Download").click()
    with Image.open(download.value.path()) as image:
        assert (image.format, image.size) == ("PNG", (SIZE, SIZE))
        assert (np.asarray(image) == shown(page)).all()  # Pictures as small as this are exact.


def test_a_download_and_a_moving_pen_leave_each_other_alone(page):
    answers: list[int] = []
    page.on("response", lambda r: answers.append(r.status) if "/pictures/" in r.url else None)
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    settled(page)
    button = page.locator(".picture").get_by_role("button", name="Download").element_handle()
    with page.expect_download() as download:
        page.evaluate(
            """async (button) => {
                const canvas = document.querySelector('.pad canvas');
                canvas.setPointerCapture = () => {};
                const box = canvas.getBoundingClientRect();
                const pen = (name, x) => canvas.dispatchEvent(new PointerEvent(name, {
                    clientX: box.left + x * box.width, clientY: box.top + 0.6 * box.height,
                    button: 0, isPrimary: true, pointerId: 1 }));
                pen('pointerdown', 0.2);
                for (let turn = 0; turn < 60; turn++) {
                    pen('pointermove', 0.2 + 0.01 * turn);
                    if (turn == 30) button.click();
                    await new Promise((next) => setTimeout(next, 10));
                }
                pen('pointerup', 0.8);
            }""",
            button,
        )
    with Image.open(download.value.path()) as image:
        assert image.format == "PNG" and image.size == (SIZE, SIZE)
    expect(page.locator(".view")).to_have_attribute("aria-busy", "false")
    assert is_near(color_at(page, 0.7, 0.6), PINK_ANSWER)
    assert len(answers) > 5 and set(answers) == {200}
    expect_server(page, "int8")


def test_the_keyboard_draws(page):
    canvas = page.locator(".pad canvas")
    canvas.focus()
    expect(page.locator(".help")).to_be_visible()
    page.keyboard.press("6")
    page.keyboard.press("+")
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    before = settled(page)
    assert is_near(color_at(page, 0.6, 0.5), (0x30, 0xC2, 0xF2))
    page.keyboard.press("e")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    erased = settled(page, before)
    page.keyboard.press("Control+z")
    settled(page, erased)


def test_everything_has_a_name_and_is_reached_with_tab(page):
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('.studio button, .studio input, .studio canvas')]
            .filter(e => e.checkVisibility() && !e.ariaLabel && !e.innerText && !e.labels?.length)
            .map(e => e.outerHTML)"""
    )
    assert nameless == []
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.ariaLabel || ''"))
    assert {"Canvas to draw on", "Petal pink", "Any colour", "4 pixels wide", "Eraser"} <= reached
    assert {"Upload a picture", "Example 1", "Example 6"} <= reached


@pytest.mark.parametrize(
    "options", [{"locale": "es-MX", "viewport": {"width": 1280, "height": 860}}], ids=["desktop"]
)
def test_spanish_by_the_browsers_language(page):
    expect(page.locator(".tagline")).to_contain_text("Dibuja un garabato")
    expect(page.locator(".status")).to_have_text("Dibuja algo o empieza con un ejemplo.")
    expect(tool(page, "Deshacer")).to_be_visible()
    expect(tool(page, "Pétalo rosa")).to_be_visible()
    expect(page.locator(".engine")).to_contain_text("Funciona con")
    assert page.evaluate("document.documentElement.lang") == "es"


@on_phones
def test_a_finger_draws_on_a_phone(page):
    touch = page.context.new_cdp_session(page)
    path = [(0.2, 0.3), (0.4, 0.5), (0.6, 0.5), (0.8, 0.3)]
    for kind, spot in zip(["Start", "Move", "Move", "Move"], path, strict=True):
        x, y = point(page, *spot)
        touch.send(
            "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [{"x": x, "y": y}]}
        )
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    before = settled(page)
    assert is_near(color_at(page, 0.5, 0.5), PINK_ANSWER)
    page.touchscreen.tap(*point(page, 0.5, 0.8))
    settled(page, before)
    assert page.evaluate("scrollY") == 0  # The finger drew, and did not scroll.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    "options",
    [{"locale": "en-US", "color_scheme": "dark", "viewport": {"width": 1280, "height": 860}}],
    ids=["desktop"],
)
def test_dark(page):
    tool(page, "Example 1").click()
    settled(page)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(value) for value in re.findall(r"\d+", background)[:3]) < 60
    page.mouse.move(0, 0)


def test_light(page):
    tool(page, "Example 1").click()
    settled(page)
    page.mouse.move(0, 0)
