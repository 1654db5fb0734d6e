"""The weights in `.tflite` files of ours, and networks that take them back."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.errors import UserError
from training.networks.resized import resized
from training.pixels import to_network
from training.recipes import recipe_from
from training.size import from_json
from training.transfer.batchnorm import (
    batchnorms_by_convolution,
    convolutions,
    set_folded_weights,
)
from training.transfer.bundle import CARD, Bundle
from training.transfer.looks import shifts

FLOAT = ("tflite-float32", "tflite-float16")  # What weights are read from, the better one first.

PER_BYTE = 127.5  # Bytes to a step of a network's [-1, 1].

KernelsAndBiases = list[tuple[np.ndarray, np.ndarray]]  # One a convolution, in a file's order.


def float_format(bundle: Bundle) -> str:
    """The format of a bundle that its weights can be read from.

    Raises:
        UserError: it has none.
    """
    key = next((key for key in FLOAT if key in bundle.card["files"]), None)
    if key is None:
        raise UserError(f"{bundle.folder} has no float16 or float32 file to read weights from")
    return key


def generator_of_bundle(bundle: Bundle) -> keras.Model:
    """Build the generator that a bundle's card describes, with the weights of its float file.

    Raises:
        UserError: there is no float file, it is damaged, or the card describes another network.
    """
    path = bundle.file(float_format(bundle))
    training, own = bundle.card["training"], bundle.card["size"]
    try:
        # Other sizes have the same weights, but one network: how often it halves, say.
        size = from_json(training.get("size", own))
        generator = recipe_from(training).build_generator(size, seed=0)
    except UserError:
        raise
    except Exception as error:  # The options are anybody's, and Keras has an error for each.
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(
            f"{bundle.folder / CARD} does not describe a generator: {reason:.200}"
        ) from None
    load_tflite_weights(generator, path)
    return resized(generator, from_json(own))


def load_tflite_weights(generator: keras.Model, path: Path) -> None:
    """Give `generator` the weights of a float `.tflite` file of ours, its BatchNorms switched off.

    It then computes what the file does; each BatchNorm only adds the bias of its convolution.

    Raises:
        UserError: weights of another network, or integer ones.
    """
    set_kernels(generator, read_kernels(path), path)


def have_the_shapes_of(network: keras.Model, kernels: KernelsAndBiases) -> bool:
    """Tell whether kernels have the shapes of a network's convolutions, in its order."""
    shapes = [kernel.shape for kernel, _ in kernels]
    return shapes == [tuple(each.kernel.shape) for each in convolutions(network)]


def set_kernels(network: keras.Model, kernels: KernelsAndBiases, path: Path) -> None:
    """Give a network what `read_kernels` found at `path`, as `load_tflite_weights` does."""
    if not have_the_shapes_of(network, kernels):
        raise UserError(
            f"{path} holds other convolutions than this network: expected the float16 or float32 "
            f"file of a generator with the same options"
        )
    batchnorms = batchnorms_by_convolution(network)
    for convolution, (kernel, bias) in zip(convolutions(network), kernels, strict=True):
        set_folded_weights(convolution, batchnorms.get(convolution.name), kernel, bias)
    heads = [head for _, head in shifts(network)]
    if heads:
        for head, kernel in zip(heads, read_shifts(path), strict=True):
            head.set_weights([kernel])


def read_kernels(path: Path, look: Sequence[int] = ()) -> KernelsAndBiases:
    """Read the float kernels and biases [out] of a `.tflite` file, in its order.

    Kernels as Keras has them: [H, W, in, out], of a transposed convolution [H, W, out, in]. Those
    that a look goes into are left out; the bytes of one, if given, are folded into the biases.

    Raises:
        UserError: it is no TFLite file, or its weights are integers.
    """
    found, shifted = _read(path)
    if look:
        for place, kernel in shifted.items():
            weights, bias = found[place]
            found[place] = weights, bias + to_network(np.array(look)) @ kernel[0, 0]
    return found


def read_shifts(path: Path) -> list[np.ndarray]:
    """Read the kernels [1, 1, look, out] that a look goes into, as `read_kernels` does.

    They are in the order of the convolutions whose output they shift.
    """
    shifted = _read(path)[1]
    return [shifted[place] for place in sorted(shifted)]


def _read(path: Path) -> tuple[KernelsAndBiases, dict[int, np.ndarray]]:
    try:
        from ai_edge_litert import schema_py_generated as schema
    except ModuleNotFoundError:  # Training alone does without.
        raise UserError(
            "reading .tflite files needs the TFLite interpreter: pip install ai-edge-litert"
        ) from None
    try:
        return _kernels(schema, path)
    except UserError:
        raise
    except Exception as error:  # Offsets that lead nowhere end in whatever lies there.
        raise UserError(f"{path} is no TFLite network ({type(error).__name__})") from None


def _kernels(schema: Any, path: Path) -> tuple[KernelsAndBiases, dict[int, np.ndarray]]:
    """Kernels and biases; and by the place of one among them the kernel of its look."""
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
    found: KernelsAndBiases = []
    looks = [index for index in graph.inputs if list(graph.tensors[index].shape[1:3]) == [1, 1]]
    places: dict[int, int] = {}  # By what a convolution puts out, which one it is.
    of_looks: dict[int, np.ndarray] = {}  # The kernel that did.
    for op in graph.operators:
        kind = model.operatorCodes[op.opcodeIndex].builtinCode
        if kind == schema.BuiltinOperator.RESHAPE and op.inputs[0] in of_looks:
            of_looks[op.outputs[0]] = of_looks[op.inputs[0]]
        if kind not in kinds:
            continue
        place, axes = kinds[kind]
        kernel = values(op.inputs[1])
        biased = len(op.inputs) > place
        bias = values(op.inputs[place]) if biased else np.zeros(len(kernel), np.float32)
        if op.inputs[0] in looks:
            # Pixels are scaled before they come to a convolution, but bytes of a look by its
            # kernel: the converter has put the one into the other, as nothing comes between.
            of_looks[op.outputs[0]] = kernel.transpose(axes) * PER_BYTE
        else:
            places[op.outputs[0]] = len(found)
            found.append((kernel.transpose(axes), bias))
    shifted = {}
    for op in graph.operators:
        for one, two in itertools.permutations(op.inputs, 2):
            if one in places and two in of_looks:
                shifted[places[one]] = of_looks[two]
    return found, shifted
