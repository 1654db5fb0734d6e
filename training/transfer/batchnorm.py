"""Convolutions with their BatchNorms folded in, as exported files have them, and out again."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from training.networks.inputs import look_of
from training.networks.normalization import BatchNorm
from training.runs import samples, sheets
from training.transfer.looks import shifts

SAMPLES = 256  # Sketches that BatchNorm statistics are measured on.
BATCH = 8


def convolutions(network: keras.Model) -> list[layers.Layer]:
    """Every convolution of pictures, in the order of the network: none that takes a look."""
    kinds = (layers.Conv2D, layers.Conv2DTranspose)
    of_looks = {id(head) for _, head in shifts(network)}
    return [each for each in network.layers if type(each) in kinds and id(each) not in of_looks]


def batchnorms_by_convolution(network: keras.Model) -> dict[str, BatchNorm]:
    """By the name of a convolution, the BatchNorm that follows it."""
    followers = {id(each.input): each for each in network.layers if isinstance(each, BatchNorm)}
    return {
        each.name: followers[id(each.output)]
        for each in convolutions(network)
        if id(each.output) in followers
    }


def set_folded_weights(
    convolution: layers.Layer, norm: BatchNorm | None, kernel: np.ndarray, bias: np.ndarray
) -> None:
    """Give one convolution folded weights; its BatchNorm is switched off but for the bias."""
    convolution.set_weights([kernel, bias] if convolution.use_bias else [kernel])
    if norm:
        one = np.ones_like(bias)
        norm.set_weights([one, bias, 0 * one, one - norm.epsilon])


def restore_batchnorms(network: keras.Model, sketches: np.ndarray) -> None:
    """Let every BatchNorm that is switched off normalise, and leave what the network computes.

    It then normalises, as training wants, by the mean and variance that its input has over
    `sketches`, uint8 [N, S, S, 3].
    """
    norms = batchnorms_by_convolution(network)
    normalised = [each for each in convolutions(network) if each.name in norms]
    moments = _moments(network, normalised, sheets.evenly_spaced(sketches, SAMPLES))
    for convolution, (mean, variance) in zip(normalised, moments, strict=True):
        norm = norms[convolution.name]
        _, bias, *_ = norm.get_weights()
        norm.set_weights([np.sqrt(variance + norm.epsilon), bias + mean, mean, variance])


def _moments(network: keras.Model, chosen: Sequence[layers.Layer], sketches: np.ndarray) -> list:
    """Mean and variance [C] of what each convolution puts out over the sketches."""
    probe = keras.Model(network.input, [c.output for c in chosen])
    sums: list[Any] = [0.0] * len(chosen)
    count = len(sketches) // BATCH or 1
    for index in range(count):
        rows = samples.with_looks(sketches[index * BATCH : (index + 1) * BATCH], look_of(network))
        for place, output in enumerate(probe(samples.ready(network, rows), training=False)):
            values = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))
            both = np.stack([values.mean((0, 1, 2)), np.square(values).mean((0, 1, 2))])
            sums[place] = sums[place] + both / count
    return [(mean, np.maximum(square - mean**2, 0.0)) for mean, square in sums]
