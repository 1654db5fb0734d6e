"""The files a bundle may hold: where each lies, how it is written, run, and how near it must be.

A new format is one module with `write` and `run`, and one entry here. The modules are imported
when a file is written or run: TensorFlow takes seconds, and the command line asks for the names.
"""

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from training.errors import UserError
from training.networks.inputs import IMAGE_TO_IMAGE, Inputs

if TYPE_CHECKING:
    import keras

    from export.parity import Outcome


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        path: file or folder, relative to the card.
        dtype: of its input and output.
        floor: the PSNR against Keras below which an export fails, in dB.
        module: of this package: it has `write(serving model, path)` and `run(path, inputs)`.
        numbers: what weights are written as, where the module has a choice.
    """

    path: str
    dtype: str
    floor: float
    module: str
    numbers: str | None = None

    def write(self, generator: "keras.Model", calibration: Inputs, path: Path) -> None:
        """Convert a generator; inputs to calibrate by are for int8 only."""
        from export.equalize import equalized
        from export.serving import larger_model, serving_model
        from export.split import split

        module = import_module(f"export.{self.module}")
        if integers := self.numbers == "int8":
            generator = split(equalized(generator, calibration), calibration)
        model = serving_model(generator, ranges=integers)
        if self.module == "tflite":
            module.write(model, path, self.numbers, calibration)
        elif self.module == "onnx":
            module.write(model, path, self.numbers, larger_model(generator))
        else:
            module.write(model, path)

    def run(self, path: Path, inputs: Inputs) -> "Outcome":
        """What the file makes of inputs."""
        return import_module(f"export.{self.module}").run(path, inputs)


FORMATS = {
    "saved-model": Format("saved_model", "float32", 60, "saved_model"),
    "tflite-float32": Format("generator.float32.tflite", "float32", 60, "tflite", "float32"),
    "tflite-float16": Format("generator.float16.tflite", "float32", 45, "tflite", "float16"),
    "tflite-dynamic": Format("generator.dynamic.tflite", "float32", 30, "tflite", "dynamic"),
    "tflite-int8": Format("generator.int8.tflite", "uint8", 28, "tflite", "int8"),
    "tfjs": Format("tfjs", "float32", 45, "tfjs"),
    "onnx-float32": Format("generator.float32.onnx", "float32", 60, "onnx", "float32"),
    "onnx-float16": Format("generator.float16.onnx", "float32", 45, "onnx", "float16"),
}
GROUPS = ("web", "onnx")  # What a person may ask for by one word, besides `all`.


def formats_for(task: str) -> list[str]:
    """Keys of the formats that a generator of this task can be written in.

    Pictures have one scale for all inputs, so that integers will do. Of a label and noise there is
    no int8 file; tflite-dynamic has integer weights as well.
    """
    return [key for key in FORMATS if task == IMAGE_TO_IMAGE or key != "tflite-int8"]


def chosen(asked: Collection[str], task: str) -> list[str]:
    """Keys for what a person asks: some of them, `all` that there are, or the `GROUPS`.

    The `web` page runs the files of its group, and `onnx` is both files of that format.
    """
    groups = {
        "all": formats_for(task),
        # The first is what LiteRT runs in a browser and on a phone, the second what TensorFlow.js.
        "web": ["tflite-int8" if task == IMAGE_TO_IMAGE else "tflite-dynamic", "tfjs"],
        "onnx": ["onnx-float32", "onnx-float16"],
    }
    keys = {key for each in asked for key in groups.get(each, [each])}
    unfit = keys - set(formats_for(task))
    if unfit:
        raise UserError(
            f"{', '.join(sorted(unfit))} is for {IMAGE_TO_IMAGE}; for {task} there are "
            f"{', '.join(formats_for(task))}"
        )
    return [key for key in FORMATS if key in keys]
