"""The files a bundle may hold: where each lies, how it is written, run, and how near it must be.

A new format is one module with `write` and `run`, and one entry here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from export import saved_model, tfjs, tflite
from export.parity import Outcome
from export.serving import image_to_image


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        path: file or folder, relative to the card.
        dtype: of its input and output.
        floor: the PSNR against Keras below which an export fails, in dB.
        write: (generator, calibration sketches uint8 [N, S, S, 3], path) -> None.
        run: (path, sketches uint8 [N, S, S, 3]) -> what it draws.
    """

    path: str
    dtype: str
    floor: float
    write: Callable[[keras.Model, np.ndarray, Path], None]
    run: Callable[[Path, np.ndarray], Outcome]


def _saved_model(generator: keras.Model, _: np.ndarray, path: Path) -> None:
    saved_model.write(image_to_image(generator), path)


def _tfjs(generator: keras.Model, _: np.ndarray, path: Path) -> None:
    tfjs.write(image_to_image(generator), path)


def _tflite(numbers: tflite.Numbers) -> Callable[[keras.Model, np.ndarray, Path], None]:
    def write(generator: keras.Model, sketches: np.ndarray, path: Path) -> None:
        model = image_to_image(generator, ranges=numbers == "int8")
        tflite.write(model, path, numbers, sketches)

    return write


FORMATS = {
    "saved-model": Format("saved_model", "float32", 60, _saved_model, saved_model.run),
    "tflite-float32": Format(
        "generator.float32.tflite", "float32", 60, _tflite("float32"), tflite.run
    ),
    "tflite-float16": Format(
        "generator.float16.tflite", "float32", 45, _tflite("float16"), tflite.run
    ),
    "tflite-dynamic": Format(
        "generator.dynamic.tflite", "float32", 30, _tflite("dynamic"), tflite.run
    ),
    "tflite-int8": Format("generator.int8.tflite", "uint8", 28, _tflite("int8"), tflite.run),
    "tfjs": Format("tfjs", "float32", 45, _tfjs, tfjs.run),
}
