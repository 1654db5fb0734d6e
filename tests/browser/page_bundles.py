"""Bundles with a page that needs no server: of models that take drawings, or noise."""

import shutil
from collections.abc import Callable
from pathlib import Path

import keras
import pytest
from keras import layers
from PIL import Image

from export.bundle import write_bundle
from tests.export_networks import drawings, randomised, shifted, sketches
from tests.pictures import pairs
from tests.store import Store
from training.look.looks import Looks
from training.networks.inputs import task_of
from training.networks.shuffle_unet import shuffle_unet, slim_unet
from training.runs.samples import sample_inputs, with_looks

PETALS = 64  # px, as the pictures of digits are 28 px.
LABELS = [str(digit) for digit in range(10)]
LATENT = 12  # Numbers of noise, more than there are sliders.
LOOK = 8  # Bytes


def stored(store: Store, name: str, make: Callable[[Path], object]) -> Path:
    """A bundle with a page from the store; the test skips where no page can be built."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine to build the page with")
    return store.get(name, make)


def petals(folder: Path) -> Path:
    """A small network for drawings, with random weights."""
    return write_petals(randomised(shuffle_unet(PETALS, width=8)), folder)


def write_petals(generator: keras.Model, folder: Path) -> Path:
    """The files that the page takes of a model for drawings of 64 px, and an example."""
    examples = folder / "examples"
    examples.mkdir(parents=True)
    (folder / "card.json").write_text("{}")  # A bundle of another day, which brings an example.
    Image.fromarray(drawings(1, PETALS, seed=3)[0]).save(examples / "1.png")
    about = {
        "name": "petals",
        "training": {"recipe": "pix2pix", "images_seen": 3},
        "data": {"name": "drawn", "licence": "CC0", "photos": 8},
    }
    calibration, held_out = sketches(32, PETALS, seed=1), sketches(16, PETALS)
    write_bundle(generator, folder, ("tflite-int8", "tfjs"), calibration, held_out, about, web=True)
    return folder


def write_looks(folder: Path) -> Path:
    """The same of a model that takes looks of eight bytes, of which each shifts what is seen."""
    looks = Looks(LOOK)
    looks.measure(*pairs(8, PETALS))
    about = {
        "name": "looks",
        "training": {"recipe": "pix2pix", "images_seen": 3},
        "data": {"name": "drawn", "licence": "CC0", "photos": 8, "sketch": "mixed"},
        **looks.about(),
    }
    calibration = with_looks(drawings(32, PETALS, seed=1), LOOK)
    held_out = with_looks(drawings(16, PETALS), LOOK)
    generator = shifted(slim_unet(PETALS, width=8, look=LOOK))
    write_bundle(generator, folder, ("tflite-int8", "tfjs"), calibration, held_out, about, web=True)
    return folder


def labelled_network() -> keras.Model:
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


def write_digits(generator: keras.Model, folder: Path, formats: list[str]) -> Path:
    """The page of a model for digits of 28 px, with labels or without."""
    labelled = task_of(generator) == "label-to-image"
    inputs = sample_inputs(generator, 8, classes=len(LABELS))
    about = {
        "name": "digits",
        "training": {"recipe": "none", "images_seen": 3},
        "data": {"name": "drawn", "licence": "CC0", "photos": 8},
        **({"labels": LABELS} if labelled else {}),
    }
    write_bundle(generator, folder, formats, inputs, inputs, about, web=True)
    return folder


def write_canvas(folder: Path) -> Path:
    """Files of three sizes, squares and a wide one, and the page, of a network of two layers."""
    sketch = keras.Input((PETALS, PETALS, 3), name="sketch")
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(sketch)
    generator = randomised(keras.Model(sketch, layers.Conv2D(3, 1, activation="tanh")(x)))
    about = {
        "name": "canvas",
        "training": {"recipe": "none", "images_seen": 3},
        "data": {"name": "drawn", "licence": "CC0", "photos": 8},
    }
    given = sketches(8, PETALS, seed=1), sketches(4, PETALS)
    write_bundle(
        generator, folder, ["tflite-int8"], *given, about, web=True, sizes=[64, 128, (192, 64)]
    )
    return folder
