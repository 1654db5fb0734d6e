"""Begin with what another training has learned: a run's generator, or an exported float file."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from training import metrics, samples, sheets
from training.errors import UserError
from training.folding import assign, convolutions, norm_of, unfold
from training.generators import BATCH, Generator
from training.networks.shuffle_unet import STAGES, shuffle_unet
from training.runs import Run, load_generator, sha256
from training.slimming import slim_down

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
    so that it computes what the file does, and normalises by what it sees over `sketches`, uint8
    [N, S, S, 3]. A slim_unet may begin with the file of a shuffle_unet, which it comes near to.

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
    kernels = list(_kernels(path))
    wide = _wide(generator, kernels)
    _give(wide or generator, kernels, path)
    if wide:
        slim_down(wide, generator, sketches)
    unfold(generator, sketches)
    few = sheets.spread(sketches, BATCH)
    same = metrics.psnr(samples.draw(generator, (few,)), drawer((few,))).mean()
    if wide:
        print(f"{generator.name} begins with what {path.name} draws, at {same:.1f} dB")
    elif same < LEAST_PSNR:
        raise UserError(f"{path} draws other pictures than its weights do here ({same:.1f} dB)")


def read_weights(path: Path, generator: keras.Model) -> None:
    """Give `generator` the weights of a float `.tflite` file of ours, its BatchNorms switched off.

    It then computes what the file does; each BatchNorm only adds the bias of its convolution.

    Raises:
        UserError: weights of another network, or integer ones.
    """
    _give(generator, list(_kernels(path)), path)


def _wide(generator: keras.Model, kernels: list) -> keras.Model | None:
    """The shuffle_unet that these kernels belong to, where a slim_unet is to begin with them."""
    if generator.name != "slim_unet":
        return None
    first, _ = kernels[0]
    wide = shuffle_unet(generator.input_shape[1], width=first.shape[-1] * 8 // STAGES[0])
    most, theirs = (max(x.filters for x in convolutions(each)) for each in (generator, wide))
    return wide if most <= theirs and _fits(wide, kernels) else None


def _fits(network: keras.Model, kernels: list) -> bool:
    theirs = [kernel.shape for kernel, _ in kernels]
    return theirs == [tuple(each.kernel.shape) for each in convolutions(network)]


def _give(network: keras.Model, kernels: list, path: Path) -> None:
    if not _fits(network, kernels):
        raise UserError(
            f"{path} holds other convolutions than this network: expected the float16 or float32 "
            f"file of a generator with the same options"
        )
    norms = norm_of(network)
    for convolution, (kernel, bias) in zip(convolutions(network), kernels, strict=True):
        assign(convolution, norms.get(convolution.name), kernel, bias)


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
