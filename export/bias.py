"""Correct the biases of an int8 file (Nagel et al. 2019, arXiv 1906.04721, section 4.2).

Rounding errs the same way wherever a picture is flat, and what nobody drew is flat: colours drift.
How far each convolution is off in the mean is measured, one after the other, and taken back in its
bias, which has 32 bits and costs nothing.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tensorflow.lite.tools import flatbuffer_utils

from training.networks.inputs import Inputs
from training.progress import warn

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV")
PICTURES = 24  # Of those that calibrate, at equal distances.
THREADS = 2
BIAS = {"TRANSPOSE_CONV": 3}  # Which input it is; the third of the others.


def corrected(content: bytes, reference: bytes, examples: Sequence[Inputs]) -> bytes:
    """Give an int8 file whose convolutions have the means that those of the float file have.

    Args:
        content: an int8 TFLite file.
        reference: the float32 file of the same model: the same operations in the same order.
        examples: inputs of one picture each, by name, in pixels.

    Returns:
        The int8 file with other biases. Where the two files do not have the same convolutions,
        as it was, and a warning.
    """
    examples = examples[:: max(1, len(examples) // PICTURES)][:PICTURES]
    told, watched = _Watched(reference), _Watched(content)
    if told.channels != watched.channels:
        warn(
            "the int8 file has other convolutions than the float file: its biases stay uncorrected"
        )
        return content
    places = range(len(watched.outputs))
    # What codes cannot reach is no error of rounding: logits of tanh far beyond white.
    reached = [_reach(tensor) for tensor in watched.outputs]
    wanted = told.means(places, examples, reached)
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    tensors = model.subgraphs[0].tensors
    for place, mean, bias in zip(places, wanted, watched.biases, strict=True):
        if bias is None:
            continue
        (found,) = watched.means([place], examples, reached)
        steps = np.rint((mean - found) / np.asarray(tensors[bias].quantization.scale))
        buffer = model.buffers[tensors[bias].buffer]
        values = np.frombuffer(bytes(bytearray(buffer.data)), np.int32) + steps.astype(np.int32)
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        watched = _Watched(_bytes(model))
    return _bytes(model)


class _Watched:
    """A file with what its convolutions give: `outputs` and `biases` by tensor, in their order."""

    def __init__(self, content: bytes) -> None:
        # Without the delegate, which keeps what is between its operations to itself.
        self.interpreter = Interpreter(
            model_content=content,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=True,
            num_threads=THREADS,
        )
        self.interpreter.allocate_tensors()
        tensors = {each["index"]: each for each in self.interpreter.get_tensor_details()}
        found = [op for op in self.interpreter._get_ops_details() if op["op_name"] in CONVOLUTIONS]
        self.outputs = [tensors[op["outputs"][0]] for op in found]
        self.channels = [int(tensor["shape"][-1]) for tensor in self.outputs]
        self.biases = [self._bias(op) for op in found]

    def _bias(self, op: dict[str, Any]) -> int | None:
        place = BIAS.get(op["op_name"], 2)
        bias = int(op["inputs"][place]) if len(op["inputs"]) > place else -1
        return bias if bias >= 0 else None

    def means(
        self,
        places: Sequence[int],
        examples: Sequence[Inputs],
        reached: Sequence[tuple[float, float]],
    ) -> list[np.ndarray]:
        """Give the mean of each channel of the outputs at some places, over all examples.

        What is below or above what is `reached` at a place counts as that.
        """
        serve = self.interpreter.get_signature_runner("serving_default")
        types = {name: entry["dtype"] for name, entry in serve.get_input_details().items()}
        sums = [np.zeros(self.channels[place]) for place in places]
        for example in examples:
            serve(**{name: x.astype(types[name]) for name, x in example.items()})
            for total, place in zip(sums, places, strict=True):
                values = self._values(self.outputs[place]).clip(*reached[place])
                total += values.reshape(-1, values.shape[-1]).mean(axis=0)
        return [total / len(examples) for total in sums]

    def _values(self, tensor: dict[str, Any]) -> np.ndarray:
        values = self.interpreter.get_tensor(tensor["index"]).astype(np.float32)
        scale, zero = tensor["quantization"]
        return (values - zero) * scale if scale else values


def _reach(tensor: dict[str, Any]) -> tuple[float, float]:
    """Give the values of the least and the greatest code of an int8 tensor."""
    scale, zero = tensor["quantization"]
    return (-128 - zero) * scale, (127 - zero) * scale


def _bytes(model: Any) -> bytes:
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
