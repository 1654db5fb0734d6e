"""Whatever turns sketches into pictures: the network of a run, or an exported `.tflite` file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from training import sheets
from training.datasets import Dataset
from training.errors import UserError
from training.photos import UnreadablePhoto, find_photos, load_photo
from training.runs import Run, load_generator
from training.tflite import PictureNetwork

BATCH = 8


@dataclass(frozen=True)
class Generator:
    """Pixels in, pixels out, wherever the weights come from.

    `name` is for people. `size` is the side of its pictures in px. `data` is the dataset that
    it was trained on, where that is known.
    """

    name: str
    size: int
    data: Path | None
    _draw: Callable[[np.ndarray], np.ndarray] = field(repr=False)

    @classmethod
    def open(cls, path: Path) -> "Generator":
        """Open a run folder, or an exported generator in a `.tflite` file.

        Raises:
            UserError: neither of the two, or one that is damaged.
        """
        if path.suffix == ".tflite":
            network = PictureNetwork(path)
            shape = (1, network.height, network.width, 3)
            if network.output_shape != shape or network.height != network.width:
                raise UserError(
                    f"{path} makes {list(network.output_shape)} of {list(shape)}; "
                    f"expected a generator, a square picture of a square picture"
                )
            return cls(path.name, network.height, None, lambda batch: _pixels(network, batch))
        run = Run.open(path)
        keras_model = load_generator(run)
        return cls(
            run.folder.resolve().name,
            run.config["size"],
            Path(run.config["data"]["folder"]),
            lambda batch: sheets.draw(keras_model, batch, BATCH),
        )

    def __call__(self, sketches: np.ndarray) -> np.ndarray:
        """Draw uint8 [N, S, S, 3] of uint8 [N, S, S, 3], showing a bar."""
        starts = tqdm(range(0, len(sketches), BATCH), desc="Drawing", unit="batch")
        return np.concatenate([self._draw(sketches[start : start + BATCH]) for start in starts])

    def dataset(self, folder: Path | None) -> Dataset:
        """Open `folder`, or else the data that it was trained on, at its size.

        Raises:
            UserError: no dataset there, or none known.
        """
        folder = folder or self.data
        if folder is None:
            raise UserError(f"{self.name} does not know its data: name a dataset with --data")
        return Dataset.open(folder, self.size)


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
