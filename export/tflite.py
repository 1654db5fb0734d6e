"""The four TFLite files, and the interpreter that they are for."""

import tempfile
import warnings
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from export import saved_model
from export.bias import corrected
from export.parity import Outcome, measure, one_by_one
from training.networks.inputs import Inputs

THREADS = 2  # What a small server or a phone's fast cores give to one picture.

Numbers = Literal["float32", "float16", "dynamic", "int8"]


def write(
    model: keras.Model, path: Path, numbers: Numbers, calibration: "Inputs | None" = None
) -> None:
    """Convert a serving model of static shapes.

    Args:
        model: a serving model; for `int8` one that states the ranges it knows.
        path: the file to write.
        numbers: `float32`; `float16` weights; `dynamic`: int8 weights, activations quantised
            as they come; `int8`: integers throughout, uint8 in and out.
        calibration: sketches uint8 [N, H, W, 3], with looks if the model takes them: what `int8`
            reads the other ranges from.

    Raises:
        ValueError: an operation has no integer kernel.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        saved_model.write(model, Path(folder))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if numbers != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if numbers == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if numbers == "int8":
            assert calibration is not None
            examples = one_by_one(calibration)
            converter.representative_dataset = lambda: iter(examples)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.uint8
        with warnings.catch_warnings():
            # To tell inputs by name, TensorFlow asks the interpreter that it deprecates itself.
            warnings.filterwarnings("ignore", r"\s*Warning: tf.lite.Interpreter", UserWarning)
            content = converter.convert()
        if numbers == "int8":
            _check_integers(content)
            reference = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
            content = corrected(content, reference, examples)
    path.write_bytes(content)


def run(path: Path, inputs: Inputs) -> Outcome:
    """Generate a picture of every row of the inputs with LiteRT on two threads (XNNPACK)."""
    interpreter = Interpreter(model_path=str(path), num_threads=THREADS)
    serve = interpreter.get_signature_runner("serving_default")
    types = {name: entry["dtype"] for name, entry in serve.get_input_details().items()}

    def generate(row: dict[str, np.ndarray]) -> np.ndarray:
        return serve(**{name: x.astype(types[name]) for name, x in row.items()})["photo"][0]

    return measure(generate, inputs, THREADS)


def _check_integers(content: bytes) -> None:
    # Asked for integers alone, the converter still wraps some operations in float.
    interpreter = Interpreter(model_content=content)
    tensors = interpreter.get_tensor_details()
    floats = [tensor["name"] for tensor in tensors if tensor["dtype"] is np.float32]
    if floats:
        raise ValueError(f"the int8 file would compute in float32: {', '.join(floats)}")
