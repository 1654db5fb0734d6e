"""The files a bundle may hold: where each lies, how it is written, run, and how near it must be.

A new format is one module with `write` and `run`, and one entry here.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import keras

from export import saved_model, tfjs, tflite
from export.inputs import Inputs
from export.parity import Outcome
from export.serving import serving_model
from training.errors import UserError


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        path: file or folder, relative to the card.
        dtype: of its input and output.
        floor: the PSNR against Keras below which an export fails, in dB.
        write: (generator, inputs to calibrate by, path) -> None.
        run: (path, inputs) -> what it draws.
    """

    path: str
    dtype: str
    floor: float
    write: Callable[[keras.Model, Inputs, Path], None]
    run: Callable[[Path, Inputs], Outcome]


def _saved_model(generator: keras.Model, _: Inputs, path: Path) -> None:
    saved_model.write(serving_model(generator), path)


def _tfjs(generator: keras.Model, _: Inputs, path: Path) -> None:
    tfjs.write(serving_model(generator), path)


def _tflite(numbers: tflite.Numbers) -> Callable[[keras.Model, Inputs, Path], None]:
    def write(generator: keras.Model, calibration: Inputs, path: Path) -> None:
        model = serving_model(generator, ranges=numbers == "int8")
        tflite.write(model, path, numbers, calibration)

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

PICTURES = "image-to-image"  # The task whose inputs have one scale for all, so integers will do.


def formats_for(task: str) -> list[str]:
    """Keys of the formats that a generator of this task can be written in.

    Of a label and noise there is no int8 file; tflite-dynamic has integer weights as well.
    """
    return [key for key in FORMATS if task == PICTURES or key != "tflite-int8"]


def chosen(asked: Collection[str], task: str) -> list[str]:
    """Keys for what a person asks: some of them, `all` that there are, what the `web` page runs."""
    # The first is what LiteRT runs in a browser and on a phone, the second what TensorFlow.js does.
    web = ("tflite-int8" if task == PICTURES else "tflite-dynamic", "tfjs")
    every = formats_for(task) if "all" in asked else []
    keys = {*asked, *every, *(web if "web" in asked else ())} - {"all", "web"}
    unfit = keys - set(formats_for(task))
    if unfit:
        raise UserError(
            f"{', '.join(sorted(unfit))} is for {PICTURES}; for {task} there are "
            f"{', '.join(formats_for(task))}"
        )
    return [key for key in FORMATS if key in keys]
