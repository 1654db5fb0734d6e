"""What a program asks of the models, and what of it is refused."""

from pathlib import Path
from typing import Any

import pytest

from demo.errors import UserError
from demo.latents import noise
from demo.serving import Models
from tests.demo_bundle import DIGITS, LATENT, write_latent_bundle


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder: Path = tmp_path_factory.mktemp("bundles")
    return Models([write_latent_bundle(folder / "a", "digits", DIGITS)], at_once=1)


@pytest.mark.parametrize("label", [None, -1, 10, "3", 0.5])
def test_a_label_that_there_is_not_is_refused(models, label):
    with pytest.raises(UserError, match=f"expected a label below 10, got {label}"):
        models.sample(noise(1, LATENT), label, "digits", "tflite-float16")


@pytest.mark.parametrize("name", ["flowers", None, ["digits"], {}])
def test_a_model_that_there_is_not_is_refused(models, name: Any):
    with pytest.raises(UserError, match="expected a model of digits"):
        models.latent(name)
