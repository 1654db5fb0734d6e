"""Looks in the server: read, refused, and drawn, by programs and by the page."""

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demo.bundles import load_generator
from demo.cards import SketchCard, load_card
from demo.errors import UserError
from demo.looks import Looks, random_look
from tests.demo_bundle import SIZE, change_card, write_bundle, write_look_bundle
from tests.demo_server import serve

PAD = Path(__file__).parent.parent / "demo" / "pad"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    return write_look_bundle(tmp_path_factory.mktemp("bundles") / "looks")


@pytest.fixture(scope="module")
def address(bundle, tmp_path_factory) -> Iterator[str]:
    flowers = write_bundle(tmp_path_factory.mktemp("bundles") / "flowers")
    with serve(bundle, flowers) as (address, _):
        yield address


@pytest.fixture(scope="module")
def client(address, tmp_path_factory) -> Iterator[Client]:
    client = Client(address, verbose=False, download_files=tmp_path_factory.mktemp("answers"))
    yield client
    client.close()


@pytest.fixture
def drawing(tmp_path) -> Path:
    grey = np.full((SIZE, SIZE, 3), 100, np.uint8)
    grey[:8] = 0
    Image.fromarray(grey).save(tmp_path / "drawing.png")
    return tmp_path / "drawing.png"


def colour(path: str | bytes) -> tuple[int, ...]:
    """The colour of a picture's middle."""
    with Image.open(path if isinstance(path, str) else io.BytesIO(path)) as image:
        return tuple(np.asarray(image.convert("RGB"))[SIZE // 2, SIZE // 2].tolist())


def looks_of(bundle: Path) -> Looks:
    card = load_card(bundle)
    assert isinstance(card, SketchCard) and card.looks
    return card.looks


def test_a_look_is_a_name_or_bytes_or_a_seed(bundle):
    looks = looks_of(bundle)
    assert looks.read("") == bytes([128] * 3)
    assert looks.read("dawn") == bytes([200, 128, 100])
    assert looks.read("1,2,255") == bytes([1, 2, 255])
    assert looks.read("7") == random_look(7, 3) != looks.read("8")


@pytest.mark.parametrize(
    "text", ["dusk", "1,2", "1,2,3,4", "1,2,256", "4294967296", "-1", "1, 2, 3", "x" * 9999]
)
def test_what_is_none_is_refused_with_what_there_is(bundle, text):
    with pytest.raises(UserError, match="dawn, dark; or 3 numbers of 0 to 255") as refused:
        looks_of(bundle).read(text)
    assert len(str(refused.value)) < 300


def test_a_seed_is_the_same_look_in_the_page():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js on this machine to run the page's code with")
    seeds = [0, 1, 7, 4294967295, *range(1000, 1200)]
    code = (
        "import(process.argv[1]).then(({ randomLook }) => console.log(JSON.stringify("
        "JSON.parse(process.argv[2]).map((seed) => Array.from(randomLook(seed, 8))))))"
    )
    command = [node, "-e", code, (PAD / "look.js").as_uri(), json.dumps(seeds)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert [bytes(look) for look in told] == [random_look(seed, 8) for seed in seeds]
    every = np.array(told)
    assert abs(every.mean() - 128) < 5 and 45 < every.std() < 56


@pytest.mark.parametrize("file", ["tflite-int8", "tflite-float16"])
def test_a_generator_takes_a_look(bundle, file):
    generator = load_generator(bundle, file)
    drawing = np.full((SIZE, SIZE, 3), 100, np.uint8)
    assert np.abs(generator(drawing).astype(int) - 100).max() <= 2
    given = generator(drawing, bytes([148, 128, 88]))
    assert np.abs(given.astype(int) - (120, 100, 60)).max() <= 2
    with pytest.raises(ValueError, match="a look of 3 bytes, got 4"):
        generator(drawing, bytes(4))


@pytest.mark.parametrize(
    ("look", "told"),
    [
        ({"names": [], "palette": []}, "1 to 64 names"),
        ({"names": ["a", "a", "b"], "palette": []}, "that all differ"),
        ({"names": ["<b>", "c", "d"], "palette": []}, "a name of a-z"),
        ({"names": ["a", "b"], "palette": []}, "expected the inputs"),
        ({"names": ["a", "b", "c"], "palette": [{"name": "x", "look": [1]}]}, "looks of 3 bytes"),
        ({"names": ["a", "b", "c"], "palette": [{"name": "x", "look": [1, 2, 256]}]}, "incomplete"),
        ({"names": ["a", "b", "c"], "palette": [{"name": "x", "look": 10**9}]}, "looks of 3 bytes"),
        ({"names": 7, "palette": []}, "incomplete"),
        ([], "incomplete"),
    ],
)
def test_a_card_whose_looks_lie_is_refused(bundle, tmp_path, look, told):
    shutil.copytree(bundle, tmp_path / "bundle")
    change_card(tmp_path / "bundle", look=look)
    with pytest.raises(UserError, match=told):
        load_card(tmp_path / "bundle")


def test_a_model_of_other_inputs_than_its_card_says_is_refused(bundle, tmp_path):
    shutil.copytree(bundle, tmp_path / "bundle")
    card = json.loads((bundle / "card.json").read_text())
    del card["look"]
    card["inputs"] = card["inputs"][:1]
    (tmp_path / "bundle" / "card.json").write_text(json.dumps(card))
    with pytest.raises(UserError, match="expected the tensors"):
        load_generator(tmp_path / "bundle")


@pytest.mark.slow
def test_one_request_brings_several_looks(address, drawing):
    """The strip of the page: the pictures side by side, in the order of the looks."""
    url = f"{address}/pictures/looks?file=tflite-int8&look=dark;128,228,128;"
    answer = httpx.post(url, content=drawing.read_bytes(), trust_env=False)
    with Image.open(io.BytesIO(answer.content)) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape == (SIZE, 3 * SIZE, 3)
    for place, expected in enumerate([(32, 32, 32), (100, 200, 100), (100, 100, 100)]):
        found = pixels[SIZE // 2, place * SIZE + SIZE // 2].astype(int)
        assert np.abs(found - expected).max() <= 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("looks?file=tflite-int8&look=dusk", "expected a look: dawn, dark"),
        ("looks?file=tflite-int8" + "&look=" + 8 * "dark;", "up to 8 looks, got 9"),
        ("flowers?file=tflite-int8&look=dark", "flowers has one answer to a drawing"),
    ],
)
def test_a_request_for_no_look_is_told_so(address, drawing, query, told):
    url = f"{address}/pictures/{query}"
    answer = httpx.post(url, content=drawing.read_bytes(), trust_env=False)
    assert answer.status_code == 400 and told in answer.text


@pytest.mark.slow
def test_programs_ask_for_a_look_or_for_several(client, drawing):
    given = handle_file(drawing)
    assert colour(client.predict(given, api_name="/generate")) == (100, 100, 100)
    bright = client.predict(given, look="228,128,128", api_name="/generate")
    assert np.abs(np.array(colour(bright)) - (200, 100, 100)).max() <= 2
    several = client.predict(given, count=3, seed=5, api_name="/variations")
    found = [colour(each["image"]) for each in several]
    expected = [np.clip(100 + np.array([*random_look(5 + i, 3)]) - 128, 0, 255) for i in range(3)]
    assert np.abs(np.array(found) - expected).max() <= 2
    assert len(client.predict(given, count=3, seed=2**32 - 3, api_name="/variations")) == 3


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": 9}, {"seed": -1}, {"seed": 2**32 - 3}])
def test_a_number_out_of_range_is_one_sentence(client, drawing, wrong):
    with pytest.raises(AppError, match="expected"):
        client.predict(handle_file(drawing), **wrong, api_name="/variations")


@pytest.mark.slow
def test_a_model_without_looks_takes_none(client, drawing):
    with pytest.raises(AppError, match="has one answer to a drawing"):
        client.predict(handle_file(drawing), model="flowers", look="dawn", api_name="/generate")
