"""The two ONNX files: for ONNX Runtime, on any device and in browsers, and for game engines."""

import tempfile
import warnings
from pathlib import Path
from typing import Literal

import keras
import onnx
import onnxruntime
import tf2onnx
from ai_edge_litert.interpreter import Interpreter
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from export import tflite
from export.parity import Outcome, measure
from training.networks.inputs import Inputs

OPSET = 15  # The newest that Unity has read since it reads ONNX in a package of its own.
FREE = ("height", "width")  # Names of the axes 1 and 2 of pictures of any size.

Numbers = Literal["float32", "float16"]


def write(
    model: keras.Model, path: Path, numbers: Numbers, larger: keras.Model | None = None
) -> None:
    """Convert a serving model by way of a float32 TFLite file.

    Args:
        model: a serving model.
        path: the file to write. Inputs and outputs are those of the model, whatever the numbers.
        numbers: what weights are kept in; what can (a GPU) computes in `float16` then.
        larger: the same for larger pictures, if it can take them. It is then this one that is
            converted, with height and width left free, if that can be: a file that generates what
            `model` does has shown that it takes other sizes.
    """
    converted = (larger and _freed(_converted(larger))) or _converted(model)
    if numbers == "float16":
        converted = in_float16(converted)
    onnx.checker.check_model(converted, full_check=True)
    onnx.save(converted, path)


def run(path: Path, inputs: Inputs) -> Outcome:
    """Generate a picture of every row of the inputs with ONNX Runtime on two threads of the CPU.

    There it computes in float32, whatever the weights are kept in.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = tflite.THREADS
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return measure(lambda row: session.run(["photo"], row)[0][0], inputs, tflite.THREADS)


def from_tflite(file: Path) -> onnx.ModelProto:
    """Convert a float TFLite file; inputs and outputs are called as in its signature."""
    with warnings.catch_warnings():
        # It asks the interpreter that TensorFlow deprecates for the shapes.
        warnings.filterwarnings("ignore", r"\s*Warning: tf.lite.Interpreter", UserWarning)
        converted, _ = tf2onnx.convert.from_tflite(str(file), opset=OPSET)
    serve = Interpreter(str(file)).get_signature_runner("serving_default")
    names = {
        entry["name"]: name
        for details in (serve.get_input_details(), serve.get_output_details())
        for name, entry in details.items()
    }
    editor = OnnxModel(converted)
    for value in (*converted.graph.input, *converted.graph.output):
        editor.replace_input_of_all_nodes(value.name, names[value.name])
        editor.replace_output_of_all_nodes(value.name, names[value.name])
        value.name = names[value.name]
    return converted


def in_float16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Let a float32 model keep its weights in float16 and compute in it, its inputs as they are."""
    editor = OnnxModel(convert_float_to_float16(model, keep_io_types=True))
    editor.topological_sort()  # It appends what it inserts, and the standard wants an order.
    return editor.model


def _converted(model: keras.Model) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "generator.tflite")
        tflite.write(model, file, "float32")
        return from_tflite(file)


def _freed(model: onnx.ModelProto) -> onnx.ModelProto | None:
    """Leave height and width of sketch and photo free, or give None where a constant says them.

    tf2onnx makes of a transposition that moves no number a reshape to the shape that it knows. So
    pictures of a single channel say it, and networks that come down to a single pixel.
    """
    graph = model.graph
    sketch = next(each for each in graph.input if each.name == "sketch")
    (photo,) = graph.output
    free, found = (each.type.tensor_type.shape.dim[1:3] for each in (sketch, photo))
    for given, name in zip(free, FREE, strict=True):
        given.dim_param = name
    for side in found:
        side.Clear()
    del graph.value_info[:]
    (inferred,) = onnx.shape_inference.infer_shapes(model).graph.output
    if any(side.HasField("dim_value") for side in inferred.type.tensor_type.shape.dim[1:3]):
        return None
    for side, name in zip(found, FREE, strict=True):
        side.dim_param = name
    return model
