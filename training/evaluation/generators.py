"""Generators to measure and to show: networks of a run, or exported `.tflite` files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from training.data.datasets import Dataset
from training.data.found import find_photos
from training.data.photos import UnreadablePhoto, load_photo
from training.errors import UserError
from training.networks.inputs import IMAGE_TO_IMAGE, Inputs, count_of, look_of, rows_of
from training.picture_network import PictureNetwork
from training.progress import Bar
from training.recipes import recipe_from
from training.runs import samples, sheets
from training.runs.folder import Run, load_generator
from training.runs.samples import sample_inputs
from training.size import Size, size_of

BATCH = 8


class _Network(Protocol):
    """What depends on where the weights come from: a run, or a file."""

    def open(self, folder: Path, size: Size) -> Dataset: ...

    def inputs(self, pictures: np.ndarray, count: int, classes: int) -> Inputs: ...

    def generate(self, inputs: Inputs) -> np.ndarray: ...


@dataclass(frozen=True)
class _OfRun:
    recipe: Any
    model: keras.Model

    def open(self, folder: Path, size: Size) -> Dataset:
        return self.recipe.open(folder, size)

    def inputs(self, pictures: np.ndarray, count: int, classes: int) -> Inputs:
        return sample_inputs(self.model, count, pictures, classes)

    def generate(self, inputs: Inputs) -> np.ndarray:
        return samples.generate(self.model, inputs, BATCH)


@dataclass(frozen=True)
class _OfFile:
    network: PictureNetwork

    def open(self, folder: Path, size: Size) -> Dataset:
        return Dataset.open(folder, size)

    def inputs(self, pictures: np.ndarray, count: int, classes: int) -> Inputs:
        return samples.with_looks(sheets.evenly_spaced(pictures, count), self.network.look)

    def generate(self, inputs: Inputs) -> np.ndarray:
        inputs = samples.completed(inputs, self.network.look)
        rows = zip(*(inputs[name] for name in ("sketch", "look") if name in inputs), strict=True)
        outputs = np.stack([self.network(*row) for row in rows])
        return np.clip(np.rint(outputs), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Generator:
    """Pixels out, of pixels or of noise, wherever the weights come from.

    `name` is for people. `size` is that of its pictures. `task` is as a card has it.
    `data` is what it was trained on, where that is known. `column` of a dataset holds what it
    takes, or where it takes no picture, what it learned to generate. `look` is how many bytes of a
    look it takes; who gives none gets the mean one.
    """

    name: str
    size: Size
    task: str
    data: Path | None
    column: int
    look: int
    _network: _Network = field(repr=False)

    @classmethod
    def open(cls, path: Path, name: str | None = None) -> "Generator":
        """Open a run's generator, its first unless named, or one of pictures in a `.tflite` file.

        Raises:
            UserError: neither of the two, or one that is damaged.
        """
        if path.suffix == ".tflite":
            network = PictureNetwork(path)
            shape = (1, network.height, network.width, 3)
            if network.output_shape != shape:
                raise UserError(
                    f"{path} makes {list(network.output_shape)} of {list(shape)}; "
                    f"expected a generator, a picture of one as large"
                )
            size = size_of(network.width, network.height)
            given = (IMAGE_TO_IMAGE, None, 0, network.look)
            return cls(path.name, size, *given, _OfFile(network))
        run = Run.open(path)
        recipe = recipe_from(run.config)
        model = load_generator(run, name)
        return cls(
            run.folder.resolve().name,
            run.size,
            recipe.task,
            Path(run.config["data"]["folder"]),
            recipe.shown[name or next(iter(recipe.shown))],
            look_of(model),
            _OfRun(recipe, model),
        )

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Generate RGB pictures uint8 [N, H, W, 3] of inputs, showing a bar."""
        starts = Bar(
            range(0, count_of(inputs), BATCH), step="generate", desc="Generating", unit="batch"
        )
        batches = (rows_of(inputs, start, start + BATCH) for start in starts)
        return sheets.to_rgb(np.concatenate([self._network.generate(batch) for batch in batches]))

    def with_looks(self, pictures: np.ndarray, seed: int = 0) -> Inputs:
        """Return pictures as inputs, with the random looks of a seed, where looks come in."""
        return samples.with_looks(pictures, self.look, seed)

    def inputs(self, dataset: Dataset, count: int) -> Inputs:
        """Return `count` inputs, always the same: held-out pictures spread over all, or noise."""
        pictures, _ = self.held_out(dataset)
        return self._network.inputs(pictures, count, len(dataset.labels))

    def held_out(self, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
        """Return the held-out pictures that it takes, and those like what it generates.

        Each is uint8 [N, H, W, C], mapped: nothing is read yet. With noise, both are the same.
        """
        columns = dataset.test.load()
        generated = 1 - self.column if self.task == IMAGE_TO_IMAGE else self.column
        return columns[self.column], columns[generated]

    def dataset(self, folder: Path | None) -> Dataset:
        """Open `folder`, or else the data that it was trained on, at its size.

        Raises:
            UserError: no dataset there, or none known.
        """
        folder = folder or self.data
        if folder is None:
            raise UserError(f"{self.name} does not know its data: name a dataset with --data")
        if folder == self.data and folder.is_absolute() and not folder.is_dir():
            raise UserError(
                f"the data that {self.name} was trained on is no longer at {folder}: name it, or "
                "other data, with --data"
            )
        return self._network.open(folder, self.size)


def load_drawings(folder: Path, size: Size, count: int | None = None) -> np.ndarray:
    """Read a folder of drawings, in order of their names: uint8 [N, H, W, 3].

    Of many, `count` at equal distances; all by default.

    Raises:
        UserError: no folder, no picture in it, or one that cannot be read.
    """
    drawings = []
    names = find_photos(folder)
    for place in sheets.evenly_spaced(np.arange(len(names)), count or len(names)):
        try:
            drawings.append(load_photo(folder / names[place], size))
        except UnreadablePhoto as error:
            raise UserError(f"{folder / names[place]}: {error}") from None
    return np.stack(drawings)
