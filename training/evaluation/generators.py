"""Whatever generates pictures: a network of a run, or an exported `.tflite` file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from training.data.datasets import Dataset
from training.data.photos import UnreadablePhoto, find_photos, load_photo
from training.errors import UserError
from training.evaluation.tflite import PictureNetwork
from training.networks.inputs import IMAGE_TO_IMAGE, Inputs, count_of, rows_of
from training.recipes import recipe_from
from training.runs import samples, sheets
from training.runs.folder import Run, load_generator
from training.runs.samples import sample_inputs

BATCH = 8


@dataclass(frozen=True)
class Generator:
    """Pixels out, of pixels or of noise, wherever the weights come from.

    `name` is for people. `size` is the side of its pictures in px. `task` is as a card has it.
    `data` is what it was trained on, where that is known.
    """

    name: str
    size: int
    task: str
    data: Path | None
    _open: Callable[[Path], Dataset] = field(repr=False)
    _inputs: Callable[[Dataset, int], Inputs] = field(repr=False)
    _targets: Callable[[Dataset], np.ndarray] = field(repr=False)
    _draw: Callable[[Inputs], np.ndarray] = field(repr=False)

    @classmethod
    def open(cls, path: Path, name: str | None = None) -> "Generator":
        """Open a run's generator, its first unless named, or one of pictures in a `.tflite` file.

        Raises:
            UserError: neither of the two, or one that is damaged.
        """
        if path.suffix == ".tflite":
            return cls._of_file(path)
        run = Run.open(path)
        recipe, model = recipe_from(run.config), load_generator(run, name)
        column = recipe.shown[name or next(iter(recipe.shown))]
        return cls(
            run.folder.resolve().name,
            run.config["size"],
            recipe.task,
            Path(run.config["data"]["folder"]),
            lambda folder: recipe.open(folder, run.config["size"]),
            lambda data, count: sample_inputs(
                model, count, data.test.load()[column], len(data.labels)
            ),
            lambda data: data.test.load()[_target(recipe.task, column)],
            lambda inputs: samples.generate(model, inputs, BATCH),
        )

    @classmethod
    def _of_file(cls, path: Path) -> "Generator":
        network = PictureNetwork(path)
        shape = (1, network.height, network.width, 3)
        if network.output_shape != shape or network.height != network.width:
            raise UserError(
                f"{path} makes {list(network.output_shape)} of {list(shape)}; "
                f"expected a generator, a square picture of a square picture"
            )
        return cls(
            path.name,
            network.height,
            IMAGE_TO_IMAGE,
            None,
            lambda folder: Dataset.open(folder, network.height),
            lambda data, count: {"sketch": sheets.evenly_spaced(data.test.load()[0], count)},
            lambda data: data.test.load()[1],
            lambda inputs: _pixels(network, inputs["sketch"]),
        )

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Generate RGB pictures uint8 [N, S, S, 3] of inputs, showing a bar."""
        starts = tqdm(range(0, count_of(inputs), BATCH), desc="Drawing", unit="batch")
        parts = [self._draw(rows_of(inputs, start, start + BATCH)) for start in starts]
        return sheets.to_rgb(np.concatenate(parts))

    def inputs(self, dataset: Dataset, count: int) -> Inputs:
        """`count` inputs, the same every time: of held-out pictures, or labels and noise."""
        return self._inputs(dataset, count)

    def targets(self, dataset: Dataset) -> np.ndarray:
        """All held-out pictures of the kind that it generates, RGB uint8 [N, S, S, 3]."""
        return sheets.to_rgb(self._targets(dataset))

    def dataset(self, folder: Path | None) -> Dataset:
        """Open `folder`, or else the data that it was trained on, at its size.

        Raises:
            UserError: no dataset there, or none known.
        """
        folder = folder or self.data
        if folder is None:
            raise UserError(f"{self.name} does not know its data: name a dataset with --data")
        return self._open(folder)


def _target(task: str, column: int) -> int:
    """The column of what is generated: that of the photos, or of two kinds the other one."""
    return 1 - column if task == IMAGE_TO_IMAGE else column


def load_drawings(folder: Path, size: int) -> np.ndarray:
    """Read a folder of drawings, in order of their names: uint8 [N, size, size, 3].

    Raises:
        UserError: no folder, no picture in it, or one that cannot be read.
    """
    drawings = []
    for path in find_photos(folder):
        try:
            drawings.append(load_photo(path, size))
        except UnreadablePhoto as error:
            raise UserError(f"{path}: {error}") from None
    return np.stack(drawings)


def _pixels(network: PictureNetwork, sketches: np.ndarray) -> np.ndarray:
    outputs = np.stack([network(sketch) for sketch in sketches])
    return np.clip(np.rint(outputs), 0, 255).astype(np.uint8)
