"""The API of models that take noise, from outside: `/sample`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from demo.bundles import load_sampler
from demo.latents import noise
from tests.demo_bundle import DIGITS, LATENT, write_bundle, write_latent_bundle
from tests.demo_server import serve

pytestmark = pytest.mark.slow

API = "/sample"


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return [
        write_bundle(folder / "one"),
        write_latent_bundle(folder / "two", "digits", DIGITS),
        write_latent_bundle(folder / "three", "clouds"),
    ]


@pytest.fixture(scope="module")
def client(bundles: list[Path]) -> Iterator[Client]:
    with serve(*bundles) as (address, _):
        client = Client(address, verbose=False)
        yield client
        client.close()


def endpoints(client: Client) -> dict[str, list[str]]:
    """The names of all that programs may call, and of what each takes."""
    told = client.view_api(return_format="dict")
    assert told["unnamed_endpoints"] == {}
    return {
        name: [parameter["parameter_name"] for parameter in endpoint["parameters"]]
        for name, endpoint in told["named_endpoints"].items()
    }


def read(answer: str) -> np.ndarray:
    with Image.open(answer) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def test_the_api_has_an_endpoint_for_drawings_and_one_for_noise(client):
    assert endpoints(client) == {
        "/generate": ["drawing", "model", "file", "look"],
        API: ["model", "label", "seed", "file"],
    }


def test_without_a_model_that_takes_drawings_their_endpoint_is_absent(bundles):
    with serve(bundles[2]) as (address, _):
        client = Client(address, verbose=False)
        assert list(endpoints(client)) == [API]
        client.close()


def test_a_seed_and_a_label_give_the_file_of_a_picture(client, bundles):
    sampler = load_sampler(bundles[1], "tflite-float16")
    expected = sampler(noise(7, LATENT), 3)
    answer = client.predict("digits", "3", 7, "tflite-float16", api_name=API)
    assert (read(answer) == expected).all()
    # The first model of its kind, its first label, seed 0, and the file that it prefers.
    assert (read(client.predict(api_name=API)) == sampler(noise(0, LATENT), 0)).all()


def test_a_model_without_labels_takes_a_seed_alone(client, bundles):
    expected = load_sampler(bundles[2], "tflite-float16")(noise(5, LATENT))
    assert (read(client.predict(model="clouds", seed=5, api_name=API)) == expected).all()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"label": "ten"}, "expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got ten"),
        ({"model": "clouds", "label": "3"}, "expected no label, got 3"),
        ({"seed": -1}, "from 0 to 4294967295, got -1"),
        ({"seed": 2**32}, "from 0 to 4294967295, got 4294967296"),
        ({"seed": None}, "expected a seed from 0 to 4294967295, got None"),
        ({"model": "flowers"}, "flowers is not in the list of choices"),
        ({"file": "tflite-int8"}, "tflite-int8' .* is not in the list of choices"),
    ],
)
def test_what_cannot_be_sampled_is_answered_in_one_line(client, asked, message):
    with pytest.raises(AppError, match=message):
        client.predict(**asked, api_name=API)
