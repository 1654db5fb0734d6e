"""Every recipe so small that it trains in seconds, the data that it takes, and what comes of it."""

import dataclasses
import gzip
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.pictures import pairs, write_dataset
from tests.store import Store
from training.fit import FitOptions, fit
from training.options import NONE
from training.recipes import RECIPES
from training.runs.folder import Run

TINY: dict[str, dict[str, Any]] = {
    "pix2pix": {"width": 8, "discriminator_width": 4, "batch": 4, "squeezenet": NONE},
    "cgan": {"batch": 8},
    "dcgan": {"batch": 8},
    "gan": {"batch": 8},
    "vae": {"batch": 8},
    "denoise": {"batch": 8},
    # The published generator has the fewest layers when it has one block.
    "cyclegan": {
        **{"size": 32, "generator": "resnet", "blocks": 1},
        **{"width": 4, "discriminator_width": 4, "batch": 2},
    },
    "progressive": {"size": 16, "width": 16, "latent": 8, "phase_images": 16, "batch": 8},
}
PHOTOS = {"pix2pix": "pairs", "cyclegan": "kinds", "progressive": "photos"}  # The others: digits.


def recipe(name: str, **options: Any) -> Any:
    """The tiny one of this name, with other options where they are given."""
    return dataclasses.replace(next(iter(RECIPES[name].values())), **TINY[name] | options)


def data(store: Store, name: str) -> Path:
    """Data of the kind that this recipe takes."""
    return store.get("recipe-data", write_data) / PHOTOS.get(name, "digits")


def write_data(place: Path) -> None:
    """Write data of every kind, each in a folder of its own."""
    write_dataset(place / "pairs", train=12, test=4)
    write_digits(place / "digits")
    for number, kind in enumerate(("left", "right")):
        (place / "kinds" / kind).mkdir(parents=True)
        for index, photo in enumerate(pairs(20 + 4 * number, 32, seed=number)[1]):
            Image.fromarray(photo).save(place / "kinds" / kind / f"{index:03d}.png")
    (place / "photos").symlink_to(place / "kinds" / "left")


def write_digits(folder: Path, count: int = 48) -> Path:
    """Write idx files: label n is a bright bar in column 2n + 4, gzipped or not."""
    folder.mkdir(parents=True)
    labels = np.arange(count, dtype=np.uint8) % 10
    pictures = np.zeros((count, 28, 28), np.uint8)
    for picture, label in zip(pictures, labels, strict=True):
        picture[4:24, 2 * label + 4 : 2 * label + 7] = 255
    for prefix in ("train", "t10k"):
        for kind, values in (("images-idx3", pictures), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
            path = folder / f"{prefix}-{kind}-ubyte"
            if prefix == "train":
                path.write_bytes(header + values.tobytes())
            else:
                path.with_name(f"{path.name}.gz").write_bytes(
                    gzip.compress(header + values.tobytes())
                )
    return folder


def train(name: str, folder: Path, run: Path, *, images: int) -> Run:
    """Train it on the data in `folder`, two steps an epoch."""
    chosen = recipe(name)
    told = FitOptions(folder, run, images, epoch_images=2 * chosen.batch, precision="float32")
    return fit(chosen, told, name=name, verbose=0)


def trained(store: Store, name: str) -> Run:
    """The run of two epochs that all tests share; who changes it takes a copy."""
    folder = data(store, name)
    images = 4 * recipe(name).batch
    return Run.open(store.get(f"run-{name}", lambda run: train(name, folder, run, images=images)))


def example(store: Store, name: str, chosen: Any) -> tuple[np.ndarray, ...]:
    """A batch as `fit` gives it."""
    columns = chosen.open(data(store, name)).train.load()
    return tuple(column[: chosen.batch] for column in columns)
