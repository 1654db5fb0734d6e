"""The weights in `.tflite` files of ours, and networks that take them back."""

from pathlib import Path

import keras
import numpy as np

from training.errors import UserError
from training.transfer.batchnorm import assign, convolutions, norm_of

FLOAT = ("tflite-float32", "tflite-float16")  # What weights are read from, the better one first.

Kernels = list[tuple[np.ndarray, np.ndarray]]


def read_weights(path: Path, generator: keras.Model) -> None:
    """Give `generator` the weights of a float `.tflite` file of ours, its BatchNorms switched off.

    It then computes what the file does; each BatchNorm only adds the bias of its convolution.

    Raises:
        UserError: weights of another network, or integer ones.
    """
    give(generator, read_kernels(path), path)


def fits(network: keras.Model, kernels: Kernels) -> bool:
    """Tell whether a network has convolutions of these shapes, in this order."""
    theirs = [kernel.shape for kernel, _ in kernels]
    return theirs == [tuple(each.kernel.shape) for each in convolutions(network)]


def give(network: keras.Model, kernels: Kernels, path: Path) -> None:
    """Give a network what `read_kernels` found in the file at `path`, as `read_weights` does."""
    if not fits(network, kernels):
        raise UserError(
            f"{path} holds other convolutions than this network: expected the float16 or float32 "
            f"file of a generator with the same options"
        )
    norms = norm_of(network)
    for convolution, (kernel, bias) in zip(convolutions(network), kernels, strict=True):
        assign(convolution, norms.get(convolution.name), kernel, bias)


def read_kernels(path: Path) -> Kernels:
    """Read the float kernels and biases [out] of a `.tflite` file, in its order.

    Kernels as Keras has them: [H, W, in, out], of a transposed convolution [H, W, out, in].

    Raises:
        UserError: weights that are integers.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    graph = model.subgraphs[0]
    producers = {output: op for op in graph.operators for output in op.outputs}
    types = {schema.TensorType.FLOAT16: np.float16, schema.TensorType.FLOAT32: np.float32}

    def values(index: int) -> np.ndarray:
        tensor = graph.tensors[index]
        if index in producers:  # A float16 weight is made float32 by an operation of its own.
            return values(producers[index].inputs[0])
        if tensor.type not in types:
            raise UserError(f"{path} holds integer weights; start from the float16 file beside it")
        data = bytes(model.buffers[tensor.buffer].data)
        return np.frombuffer(data, types[tensor.type]).reshape(tensor.shape).astype(np.float32)

    # Where each keeps its bias, and how Keras lays the axes of what is [out, H, W, in] in the file.
    kinds = {
        schema.BuiltinOperator.CONV_2D: (2, (1, 2, 3, 0)),
        schema.BuiltinOperator.TRANSPOSE_CONV: (3, (1, 2, 0, 3)),
    }
    found = []
    for op in graph.operators:
        kind = model.operatorCodes[op.opcodeIndex].builtinCode
        if kind in kinds:
            place, axes = kinds[kind]
            kernel = values(op.inputs[1])
            biased = len(op.inputs) > place
            bias = values(op.inputs[place]) if biased else np.zeros(len(kernel), np.float32)
            found.append((kernel.transpose(axes), bias))
    return found
