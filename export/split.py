"""Channels that an int8 file rounds twice, half a step apart (Zhao et al. 2019, section 3).

What is rounded where pixels are many is seen: as a grain on plain surfaces. There, each channel is
made twice, a quarter of a step higher and as much lower, and both are read with half the weight.
Together they are rounded to half a step; the network computes what it did.
"""

from typing import Any

import keras
import numpy as np
from keras import layers

from export.channels import Network, Stretch, axes
from export.rewrite import CONVOLUTIONS, replaced
from training.networks.inputs import Inputs

STEPS = 255  # Of the range of a tensor.


def split(generator: keras.Model, examples: Inputs) -> keras.Model:
    """Give the same generator with what its last two convolutions read made twice.

    A skip, which others read as well, is made once; so is all of a generator whose last convolution
    reads more than one convolution made alone, such as a look.

    Args:
        generator: a functional model from pictures, [B, H, W, C] in [-1, 1], whose BatchNorm is
            folded and whose channels have equal ranges: of `equalized`.
        examples: sketches uint8 [N, H, W, 3], with looks if it takes them: what steps are read
            from.
    """
    network = Network(generator)
    convolutions = [each for each in network.model.layers if type(each) in CONVOLUTIONS]
    stretches = [found for each in convolutions if (found := network.stretch(each))]
    chosen: list[Stretch] = []
    readers = [each for each in convolutions if network.is_last(each)]
    for _ in range(2):
        theirs = [each for each in stretches if _only_for(readers, each)]
        readers = [stretch.makers[0] for stretch in theirs]
        chosen += theirs
    if not chosen:
        return generator
    ranges = network.ranges(chosen, examples)
    weights = {id(each): each.get_weights() for each in convolutions}
    # From the last channel to the first of what is read: those before it stay where they are.
    for stretch in sorted(chosen, key=lambda each: -each.readers[0][1]):
        step = max(np.ptp(ranges[id(each)]) for each in _rounded(stretch)) / STEPS
        (maker,), ((reader, start),) = stretch.makers, stretch.readers
        kernel, bias = weights[id(maker)]
        kernel = np.concatenate([kernel, kernel], axis=axes(maker).made)
        weights[id(maker)] = [kernel, np.concatenate([bias + step / 4, bias - step / 4])]
        kernel, bias = weights[id(reader)]
        ends = [start, start + stretch.channels]
        before, read, after = np.split(kernel, ends, axis=axes(reader).read)
        kernel = np.concatenate([before, read / 2, read / 2, after], axis=axes(reader).read)
        weights[id(reader)] = [kernel, bias]
    changed = {
        id(each): _with(each, *weights[id(each)])
        for stretch in chosen
        for each in (*stretch.makers, stretch.readers[0][0])
    }
    return replaced(network.model, changed)


def _only_for(readers: list[layers.Layer], stretch: Stretch) -> bool:
    """Whether one convolution makes its channels, and one of these alone reads them."""
    return (
        len(stretch.makers) == 1
        and getattr(stretch.makers[0], "groups", 1) == 1
        and len(stretch.readers) == 1
        and any(stretch.readers[0][0] is each for each in readers)
    )


def _rounded(stretch: Stretch) -> list[Any]:
    """What of a stretch a file rounds: not what a ReLU takes, which is done at one go."""
    bent = [each for each in stretch.passed if isinstance(each, layers.ReLU | layers.LeakyReLU)]
    return stretch.passed[stretch.passed.index(bent[-1]) if bent else 0 :]


def _with(convolution: layers.Layer, kernel: np.ndarray, bias: np.ndarray) -> layers.Layer:
    """A convolution of as many channels as this kernel and bias have."""
    clone = convolution.__class__.from_config(convolution.get_config() | {"filters": len(bias)})
    clone.build((None, None, None, kernel.shape[axes(convolution).read]))
    clone.set_weights([kernel, bias])
    return clone
