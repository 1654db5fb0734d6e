"""The page that needs no server, on models that take noise: with labels, and without."""

import base64
import io
import json
import math
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from demo.bundles import load_sampler
from export.bundle import write_bundle
from export.formats import chosen
from export.inputs import names_of, task_of
from export.serving import in_keras
from tests.browser.pad import on_phones
from tests.browser.test_page import altered, painted, ready, shown, visit, wait_for_more
from tests.static_server import StaticServer
from training.recipes import RECIPES
from training.samples import sample_inputs

pytestmark = pytest.mark.slow

SIZE = 28
LABELS = [str(digit) for digit in range(10)]
LATENT = 12  # More than there are sliders.


@pytest.fixture(scope="module")
def generator() -> keras.Model:
    """Label int32 [B] and noise float32 [B, 12] -> [B, 28, 28, 3] in [-1, 1]."""
    keras.utils.set_random_seed(0)
    label = keras.Input((), dtype="int32", name="label")
    noise = keras.Input((LATENT,), name="noise")
    wide = keras.initializers.RandomNormal(stddev=0.3)  # So that pictures differ a lot.
    told = layers.Embedding(len(LABELS), LATENT, "random_normal")(label)
    x = layers.Dense(7 * 7 * 16, "relu")(layers.Concatenate()([30.0 * told, noise]))
    x = layers.Reshape((7, 7, 16))(x)
    x = layers.Conv2DTranspose(16, 4, 2, "same", activation="relu", kernel_initializer=wide)(x)
    x = layers.Conv2DTranspose(3, 4, 2, "same", activation="tanh", kernel_initializer=wide)(x)
    return keras.Model([label, noise], x)


def write(generator: keras.Model, folder: Path, formats: list[str], web: bool = True) -> Path:
    labelled = task_of(generator) == "label-to-image"
    samples = sample_inputs(generator, 8, classes=len(LABELS))
    inputs = dict(zip(names_of(generator), samples, strict=True))
    about = {
        "name": "digits",
        "training": {"recipe": "none", "images_seen": 3},
        "data": {"name": "drawn", "licence": "CC0", "photos": 8},
        **({"labels": LABELS} if labelled else {}),
    }
    write_bundle(generator, folder, formats, inputs, inputs, about, web)
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, generator) -> Path:
    """What the page runs of a model with labels: tflite-dynamic and tfjs."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine to build the page with")
    formats = chosen(("web",), "label-to-image")
    return write(generator, tmp_path_factory.mktemp("labels") / "digits", formats)


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory) -> Path:
    """One file, of a recipe's network without labels."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine to build the page with")
    network = next(iter(RECIPES["vae"].values())).build_generator(SIZE, 0)
    return write(network, tmp_path_factory.mktemp("noise") / "digits", ["tflite-float16"])


@pytest.fixture
def server(bundle: Path) -> Iterator[StaticServer]:
    server = StaticServer(bundle)
    yield server
    server.stop()


@pytest.fixture
def address(server: StaticServer) -> str:
    return server.address


@pytest.fixture
def page(visited: Page) -> Page:
    settled(visited)
    return visited


def settled(page: Page) -> None:
    """Wait until an engine runs, and the picture and the way are painted."""
    ready(page)
    wait_for_more(page, 0)
    page.wait_for_function(
        "[...document.querySelectorAll('.strip canvas')].every((view) => view.dataset.painted)"
    )


def noise(seed: int, latent: int = LATENT) -> np.ndarray:
    """What the page makes of a seed, by the book: Box-Muller on mulberry32."""
    state, numbers = seed, []
    for _ in range(latent + latent % 2):
        state = (state + 0x6D2B79F5) % 2**32
        mixed = (state ^ state >> 15) * (state | 1) % 2**32
        mixed ^= (mixed + (mixed ^ mixed >> 7) * (mixed | 61)) % 2**32
        numbers.append((mixed ^ mixed >> 14) / 2**32)
    normal = []
    for one, other in zip(numbers[::2], numbers[1::2], strict=True):
        radius, angle = math.sqrt(-2 * math.log(1 - one)), 2 * math.pi * other
        normal += [radius * math.cos(angle), radius * math.sin(angle)]
    return np.array(normal[:latent], np.float32)


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other).max())


def seed(page: Page, name: str = "Seed") -> Locator:
    return page.get_by_label(name, exact=True)


def slider(page: Page, number: int) -> Locator:
    return page.locator(".sliders input").nth(number)


def way(page: Page) -> list[np.ndarray]:
    """The pictures on the way from seed to seed, each uint8 [S, S, 3]."""
    urls = page.locator(".strip canvas").evaluate_all("all => all.map((view) => view.toDataURL())")
    files = [io.BytesIO(base64.b64decode(url.split(",")[1])) for url in urls]
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def wait_for_way(page: Page, before: list[np.ndarray]) -> list[np.ndarray]:
    """The way once its last picture is another one."""
    for _ in range(100):
        pictures = way(page)
        if (pictures[-1] != before[-1]).any():
            return pictures
        page.wait_for_timeout(50)
    raise AssertionError("the way stayed as it was")


def draw_with(page: Page, kind: str, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """What an engine of the page makes of inputs [N, ...]: uint8 [N, S, S, 3]."""
    rows = [
        {name: np.ravel(values[row]).tolist() for name, values in inputs.items()}
        for row in range(len(inputs["noise"]))
    ]
    drawn = page.evaluate(
        """async ([kind, rows]) => {
            const { latent, openEngine } =
                await import(new URL('page/engines.js', document.baseURI).href);
            const card = await (await fetch('card.json')).json();
            const engine = await openEngine(kind, new URL('./', document.baseURI), card);
            const drawn = [];
            for (const { noise, label } of rows)
                drawn.push([...await engine.draw(latent(noise, label?.[0]))]);
            engine.close();
            return drawn;
        }""",
        [kind, rows],
    )
    return np.array(drawn, np.uint8).reshape(-1, SIZE, SIZE, 4)[..., :3]


@pytest.mark.parametrize("kind", ["litert-threads", "litert"])
def test_litert_draws_what_python_draws(page, bundle, generator, kind):
    label, values = sample_inputs(generator, 16, classes=10, seed=1)
    sampler = load_sampler(bundle, "tflite-dynamic")
    found = draw_with(page, kind, {"label": label, "noise": values})
    expected = np.stack([sampler(*row) for row in zip(values, label, strict=True)])
    assert difference(found, expected) <= 1


def test_tensorflow_js_draws_what_keras_draws(page, generator):
    label, values = sample_inputs(generator, 16, classes=10, seed=1)
    inputs = {"label": label, "noise": values}
    error = draw_with(page, "tfjs-wasm", inputs) - in_keras(generator, inputs)
    assert 10 * np.log10(255**2 / np.square(error).mean()) >= 45


def test_a_seed_is_the_same_picture_always(page, bundle):
    sampler = load_sampler(bundle, "tflite-dynamic")
    assert difference(shown(page), sampler(noise(0))) <= 1
    zero, before = shown(page), painted(page)
    seed(page).fill("4294967295")
    wait_for_more(page, before)
    assert difference(shown(page), sampler(noise(2**32 - 1))) <= 1
    before = painted(page)
    seed(page).fill("0")
    wait_for_more(page, before)
    np.testing.assert_array_equal(shown(page), zero)
    page.reload()
    settled(page)
    np.testing.assert_array_equal(shown(page), zero)


def test_the_dice_give_another_seed(page, bundle):
    before = painted(page)
    page.get_by_role("button", name="New seed").first.click()
    wait_for_more(page, before)
    rolled = int(seed(page).input_value())
    expected = load_sampler(bundle, "tflite-dynamic")(noise(rolled))
    assert rolled > 0 and difference(shown(page), expected) <= 1


def test_a_class_is_a_button_for_mouse_and_keyboard(page, bundle):
    sampler = load_sampler(bundle, "tflite-dynamic")
    before = painted(page)
    page.locator(".labels label").nth(3).click()
    wait_for_more(page, before)
    assert difference(shown(page), sampler(noise(0), 3)) <= 1
    assert difference(shown(page), sampler(noise(0), 2)) > 1
    before = painted(page)
    page.keyboard.press("ArrowRight")
    wait_for_more(page, before)
    expect(page.get_by_role("radio", name="4", exact=True)).to_be_checked()
    assert difference(shown(page), sampler(noise(0), 4)) <= 1
    outlines = page.locator(".labels label").evaluate_all(
        "all => all.map((label) => getComputedStyle(label).outlineStyle)"
    )
    assert outlines.index("solid") == 4 and outlines.count("solid") == 1


def test_the_picture_follows_a_slider_while_it_moves(page, bundle):
    expect(page.locator(".sliders input")).to_have_count(8)
    for number in range(8):
        told = float(slider(page, number).input_value())
        assert abs(told - np.clip(noise(0)[number], -3, 3)) <= 0.0051
    zero = shown(page)
    box = slider(page, 2).bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    for share in (0.4, 0.6, 0.8):
        before = painted(page)
        page.mouse.move(box["x"] + share * box["width"], middle)
        wait_for_more(page, before)  # And the mouse is still down.
    page.mouse.up()
    values = noise(0)
    values[2] = float(slider(page, 2).input_value())
    assert values[2] > 1
    assert difference(shown(page), load_sampler(bundle, "tflite-dynamic")(values)) <= 1
    before = painted(page)
    seed(page).fill("1")
    wait_for_more(page, before)
    before = painted(page)
    seed(page).fill("0")  # Which puts the slider back.
    wait_for_more(page, before)
    np.testing.assert_array_equal(shown(page), zero)


def test_the_way_goes_from_seed_to_seed_in_eight_pictures(page, bundle):
    sampler = load_sampler(bundle, "tflite-dynamic")
    pictures = way(page)
    assert len({picture.tobytes() for picture in pictures}) == 8
    np.testing.assert_array_equal(pictures[0], shown(page))
    assert difference(pictures[-1], sampler(noise(1))) <= 1
    start, end = noise(0).astype(float), noise(1).astype(float)
    angle = math.acos(start @ end / np.linalg.norm(start) / np.linalg.norm(end))
    third = (math.sin(angle * 5 / 7) * start + math.sin(angle * 2 / 7) * end) / math.sin(angle)
    assert difference(pictures[2], sampler(third.astype(np.float32))) <= 1
    expect(page.locator("figcaption")).to_have_text("From seed 0 to seed 1")
    seed(page, "Seed to go to").fill("9")
    expect(page.locator("figcaption")).to_have_text("From seed 0 to seed 9")
    pictures = wait_for_way(page, pictures)
    assert difference(pictures[-1], sampler(noise(9))) <= 1
    page.locator(".labels label").nth(4).click()
    pictures = wait_for_way(page, pictures)
    np.testing.assert_array_equal(pictures[0], shown(page))
    assert difference(pictures[-1], sampler(noise(9), 4)) <= 1
    before = painted(page)
    seed(page).fill("9")
    wait_for_more(page, before)
    np.testing.assert_array_equal(shown(page), pictures[-1])


@pytest.mark.parametrize("typed", ["", "-1", "1.5", "99999999999"])
def test_what_is_no_seed_is_told_and_changes_nothing(page, typed):
    zero = shown(page)
    seed(page).fill(typed)
    told = "A seed is a whole number from 0 to 4294967295."
    expect(page.locator("#status")).to_have_text(told)
    expect(page.locator("figcaption")).to_have_text(told)
    page.wait_for_timeout(300)
    np.testing.assert_array_equal(shown(page), zero)
    seed(page).fill("0")
    expect(page.locator("#status")).to_contain_text("LiteRT, WASM")
    expect(page.locator(".strip canvas")).to_have_count(8)


def test_another_engine_draws_alike(page):
    expect(page.locator("#status")).to_have_text(
        re.compile(r"^LiteRT, WASM, \d+ threads: \d+(\.\d)? ms$")
    )
    one, before, strip = shown(page), painted(page), way(page)
    page.select_option("#engine", "tfjs-wasm")
    ready(page, "tfjs-wasm")
    wait_for_more(page, before)
    expect(page.locator("#status")).to_contain_text("TensorFlow.js, WASM: ")
    assert np.abs(shown(page).astype(int) - one).mean() < 4
    again = wait_for_way(page, strip)  # Integers and floats differ a little.
    assert np.abs(again[-1].astype(int) - strip[-1]).mean() < 4


def test_small_pictures_are_enlarged_as_squares_and_saved_as_they_are(page):
    for view in (page.locator("#view"), page.locator(".strip canvas").first):
        assert view.evaluate("v => getComputedStyle(v).imageRendering") == "pixelated"
        box = view.bounding_box()
        assert box and box["width"] > 3 * SIZE
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with Image.open(download.value.path()) as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), shown(page))
    assert download.value.suggested_filename == "digits.png"


def test_it_runs_with_the_server_gone(page, server):
    zero = shown(page)
    server.stop()
    page.reload()
    settled(page)
    np.testing.assert_array_equal(shown(page), zero)


def test_a_model_without_labels_and_with_one_file(browser, unlabelled):
    server = StaticServer(unlabelled)
    page = visit(browser, server)
    try:
        settled(page)
        expect(page.locator(".labels")).to_have_count(0)
        expect(page.locator("#engine option")).to_have_text([re.compile("^LiteRT, WASM")])
        expected = load_sampler(unlabelled, "tflite-float16")(noise(0, 10))
        assert expected.std() > 1 and difference(shown(page), expected) <= 1
        assert not [path for path, _ in server.sent if "tfjs" in path]
    finally:
        page.context.close()
        server.stop()


def test_an_engine_that_answers_wrongly_is_left_for_the_next(browser: Browser, bundle, tmp_path):
    check = json.loads((bundle / "card.json").read_text())["check"]
    # Integers are not as near to Keras as this, floats are.
    server = altered(bundle, tmp_path, check=check | {"psnr": 55})
    page = visit(browser, server)
    try:
        ready(page, "tfjs")
        wait_for_more(page, 0)
    finally:
        page.context.close()
        server.stop()


def test_everything_has_a_name(page):
    names = page.locator("#latent :is(input, button)").evaluate_all(
        "all => all.map((each) => each.ariaLabel || each.innerText || each.labels[0]?.innerText)"
    )
    assert len(names) == 10 + 8 + 4 and all(names)


@pytest.mark.parametrize(
    "options", [{"locale": "es-MX", "viewport": {"width": 1280, "height": 860}}], ids=["desktop"]
)
def test_spanish_by_the_browsers_language(page):
    expect(page.locator("header p")).to_contain_text("Cada semilla es otra imagen")
    expect(page.locator("legend")).to_have_text("Clase")
    expect(page.get_by_role("button", name="Semilla nueva")).to_have_count(2)
    expect(seed(page, "Semilla de llegada")).to_have_value("1")
    expect(page.locator("figcaption")).to_have_text("De la semilla 0 a la semilla 1")


@on_phones
def test_on_a_phone_the_picture_is_above_what_changes_it(page):
    boxes = [page.locator(name).bounding_box() for name in ("#view", ".labels", ".strip")]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) == 3 and tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = slider(page, 7).bounding_box()
    assert last and last["y"] + last["height"] <= 844  # In sight with the picture that it changes.
