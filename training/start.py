"""Begin with what another training has learned: a run's generator, or an exported float file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from training import metrics, samples, sheets
from training.errors import UserError
from training.generators import BATCH, Generator
from training.networks.normalization import BatchNorm
from training.runs import Run, load_generator, sha256

SAMPLES = 256  # Sketches that BatchNorm statistics are measured on.
LEAST_PSNR = 40.0  # dB between what the file draws and what the network draws with its weights.


def identify(path: Path) -> dict[str, str]:
    """Tell a start by its name and its weights' SHA-256, for a run's configuration and card.

    Raises:
        UserError: there is no run with weights, and no file, at `path`.
    """
    weights = path if path.suffix == ".tflite" else Run.open(path).weights("generator")
    if not weights.is_file():
        raise UserError(f"expected trained weights to start from, found no file at {weights}")
    return {"name": path.resolve().name, "sha256": sha256(weights)}


def load_start(path: Path, generator: keras.Model, sketches: np.ndarray) -> None:
    """Give `generator` the weights of a run folder, or of a float `.tflite` file of ours.

    An exported file has no BatchNorm left: each was folded into its convolution. It is put back
    so that it computes what the file does and normalises, as training wants, by the mean and
    variance that its input has over `sketches`, uint8 [N, S, S, 3].

    Raises:
        UserError: weights of another network, or integer ones, which have lost their precision.
    """
    if path.suffix != ".tflite":
        learned = load_generator(Run.open(path)).get_weights()
        if [w.shape for w in learned] != [w.shape for w in generator.get_weights()]:
            raise UserError(f"{path} holds weights of another network; start from its own options")
        generator.set_weights(learned)
        return
    drawer = Generator.open(path)
    read_weights(path, generator)
    sketches = sheets.spread(sketches, SAMPLES)
    norms = _norms(generator)
    normalised = [c for c in _convolutions(generator) if id(c.output) in norms]
    for convolution, (mean, variance) in zip(
        normalised, _moments(generator, normalised, sketches), strict=True
    ):
        norm = norms[id(convolution.output)]
        _, bias, *_ = norm.get_weights()
        norm.set_weights([np.sqrt(variance + norm.epsilon), bias + mean, mean, variance])
    few = sketches[:BATCH]
    same = metrics.psnr(samples.draw(generator, (few,)), drawer((few,))).mean()
    if same < LEAST_PSNR:
        raise UserError(f"{path} draws other pictures than its weights do here ({same:.1f} dB)")


def read_weights(path: Path, generator: keras.Model) -> None:
    """Give `generator` the weights of a float `.tflite` file of ours, its BatchNorms switched off.

    It then computes what the file does; each BatchNorm only adds the bias of its convolution.

    Raises:
        UserError: weights of another network, or integer ones.
    """
    convolutions = _convolutions(generator)
    found = list(_kernels(path))
    if [kernel.shape for kernel, _ in found] != [tuple(c.kernel.shape) for c in convolutions]:
        raise UserError(
            f"{path} holds other convolutions than this network: expected the float16 or float32 "
            f"file of a generator with the same options"
        )
    norms = _norms(generator)
    for convolution, (kernel, bias) in zip(convolutions, found, strict=True):
        norm = norms.get(id(convolution.output))
        convolution.set_weights([kernel, bias] if convolution.use_bias else [kernel])
        if norm:
            one = np.ones_like(bias)
            norm.set_weights([one, bias, 0 * one, one - norm.epsilon])


def _convolutions(generator: keras.Model) -> list[layers.Layer]:
    kinds = (layers.Conv2D, layers.Conv2DTranspose)
    return [each for each in generator.layers if type(each) in kinds]


def _norms(generator: keras.Model) -> dict[int, BatchNorm]:
    """Every BatchNorm, by the identity of what it normalises."""
    return {id(each.input): each for each in generator.layers if isinstance(each, BatchNorm)}


def _moments(generator: keras.Model, convolutions: list, sketches: np.ndarray) -> list:
    """Mean and variance [C] of what each convolution puts out over the sketches."""
    probe = keras.Model(generator.input, [c.output for c in convolutions])
    sums: list[Any] = [0.0] * len(convolutions)
    count = len(sketches) // BATCH or 1
    for index in range(count):
        rows = sketches[index * BATCH : (index + 1) * BATCH].astype(np.float32) / 127.5 - 1.0
        for place, output in enumerate(probe(rows, training=False)):
            values = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))
            both = np.stack([values.mean((0, 1, 2)), np.square(values).mean((0, 1, 2))])
            sums[place] = sums[place] + both / count
    return [(mean, np.maximum(square - mean**2, 0.0)) for mean, square in sums]


def _kernels(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The float kernels and biases [out] of a `.tflite` file, in its order.

    Kernels as Keras has them: [H, W, in, out], of a transposed convolution [H, W, out, in].
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
    for op in graph.operators:
        kind = model.operatorCodes[op.opcodeIndex].builtinCode
        if kind in kinds:
            place, axes = kinds[kind]
            kernel = values(op.inputs[1])
            biased = len(op.inputs) > place
            bias = values(op.inputs[place]) if biased else np.zeros(len(kernel), np.float32)
            yield kernel.transpose(axes), bias
