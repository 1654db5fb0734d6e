"""The page that needs no server, on models that take noise: with labels, and without."""

import json
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from demo.bundles import load_sampler
from export.formats import chosen
from export.serving import in_keras
from tests.browser.latents import difference, noise, seed, settled, wait_for_way, way
from tests.browser.live import altered, ready, visit
from tests.browser.pad import painted, shown, wait_for_more
from tests.browser.page_bundles import labelled_network, write_digits
from tests.static_server import StaticServer
from training.recipes import RECIPES
from training.runs.samples import sample_inputs

pytestmark = pytest.mark.slow

SIZE = 28


@pytest.fixture(scope="module")
def generator() -> keras.Model:
    return labelled_network()


@pytest.fixture(scope="module")
def bundle(store, generator) -> Path:
    """What the page runs of a model with labels: tflite-dynamic and tfjs."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine to build the page with")
    formats = chosen(("web",), "label-to-image")
    return store.get("labelled", lambda folder: write_digits(generator, folder, formats))


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory) -> Path:
    """One file, of a recipe's network without labels."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine to build the page with")
    network = next(iter(RECIPES["vae"].values())).build_generator(SIZE, 0)
    return write_digits(network, tmp_path_factory.mktemp("noise") / "digits", ["tflite-float16"])


@pytest.fixture
def page(visited: Page) -> Page:
    settled(visited)
    return visited


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
            const engine = await openEngine(kind, new URL('./', document.baseURI), card,
                { engines: new URL('page/', document.baseURI) });
            const drawn = [];
            for (const { noise, label } of rows)
                drawn.push([...await engine.generate(latent(noise, label?.[0]))]);
            engine.close();
            return drawn;
        }""",
        [kind, rows],
    )
    return np.array(drawn, np.uint8).reshape(-1, SIZE, SIZE, 4)[..., :3]


@pytest.mark.parametrize("kind", ["litert-threads", "litert"])
def test_litert_draws_what_python_draws(page, bundle, generator, kind):
    inputs = sample_inputs(generator, 16, classes=10, seed=1)
    sampler = load_sampler(bundle, "tflite-dynamic")
    found = draw_with(page, kind, inputs)
    rows = zip(inputs["noise"], inputs["label"], strict=True)
    expected = np.stack([sampler(*row) for row in rows])
    assert difference(found, expected) <= 1


def test_tensorflow_js_draws_what_keras_draws(page, generator):
    inputs = sample_inputs(generator, 16, classes=10, seed=1)
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


def test_another_engine_draws_alike(page):
    expect(page.locator(".status")).to_have_text(
        re.compile(r"^LiteRT, WASM, \d+ threads: \d+(\.\d)? ms$")
    )
    one, before, strip = shown(page), painted(page), way(page)
    page.select_option(".engine select", "tfjs-wasm")
    ready(page, "tfjs-wasm")
    wait_for_more(page, before)
    expect(page.locator(".status")).to_contain_text("TensorFlow.js, WASM: ")
    assert np.abs(shown(page).astype(int) - one).mean() < 4
    again = wait_for_way(page, strip)  # Integers and floats differ a little.
    assert np.abs(again[-1].astype(int) - strip[-1]).mean() < 4


def test_small_pictures_are_enlarged_as_squares_and_saved_as_they_are(page):
    for view in (page.locator(".view"), page.locator(".strip canvas").first):
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
        expect(page.locator(".engine option")).to_have_text([re.compile("^LiteRT, WASM")])
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
