"""Channels that an int8 file holds in two parts, of which each has all of its codes.

What is rounded where pixels are many is seen: as a grain on plain surfaces. There, each channel is
made twice: what a ReLU gives up to some value and what goes beyond it, or what is above 0 and what
is below. Each part is multiplied until it reaches as far as the whole did, and divided again where
both are read: steps are half as long, or shorter where most values are.
"""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers
from keras.activations import relu

from export.channels import Network, Stretch, axes
from export.equalize import MOST
from export.rewrite import CONVOLUTIONS, KnownRange, replaced
from training.networks.inputs import Inputs

# Where a channel may be divided, as shares of what it reaches. A smaller part would be read with
# weights that are small beside the others, and are rounded as coarsely.
SHARES = np.arange(2, 15) / 16


class Parts(NamedTuple):
    """Two parts of each channel, [2 C]: of what is made, made * `times` + `plus`, between 0 and
    `reach`; and `read`, by which each is a part of the whole.
    """

    reach: float
    times: np.ndarray
    plus: np.ndarray
    read: np.ndarray


def split(generator: keras.Model, examples: Inputs) -> keras.Model:
    """Give the same generator with what its last two convolutions read in two parts.

    A skip, which others read as well, is made once; so is all of a generator whose last convolution
    reads more than one convolution made alone, such as a look. Parts are rounded as the file will.

    Args:
        generator: a functional model from pictures, [B, H, W, C] in [-1, 1], whose BatchNorm is
            folded and whose channels have equal ranges: of `equalized`.
        examples: sketches uint8 [N, H, W, 3], with looks if it takes them: what ranges are read
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
    ranges, values = network.ranges(chosen, examples), network.values(chosen, examples)
    chosen = [each for each in chosen if _stands_with_none_below_0(each, ranges)]
    weights = {id(each): each.get_weights() for each in convolutions}
    changed: dict[int, Any] = {}
    reach: dict[int, float] = {}
    # From the last channel to the first of what is read: those before it stay where they are.
    for stretch in sorted(chosen, key=lambda each: -each.readers[0][1]):
        (maker,), ((reader, start),) = stretch.makers, stretch.readers
        parts = _parts(stretch, ranges, values)
        kernel, bias = weights[id(maker)]
        made = np.expand_dims(parts.times, axes(maker).read)
        kernel = np.concatenate([kernel, kernel], axis=axes(maker).made) * made
        weights[id(maker)] = [kernel, np.tile(bias, 2) * parts.times + parts.plus]
        reach[id(maker)] = parts.reach
        kernel, bias = weights[id(reader)]
        ends = [start, start + stretch.channels]
        before, read, after = np.split(kernel, ends, axis=axes(reader).read)
        read = np.concatenate([read, read], axis=axes(reader).read)
        read = read * np.expand_dims(parts.read, axes(reader).made)
        weights[id(reader)] = [np.concatenate([before, read, after], axes(reader).read), bias]
        changed |= {id(each): layers.Identity(name=each.name) for each in _relus(stretch)}
    for stretch in chosen:
        for each in (*stretch.makers, stretch.readers[0][0]):
            kernel, bias = weights[id(each)]
            changed[id(each)] = _with(each, kernel, bias, reach.get(id(each)))
    return replaced(network.model, changed)


def _only_for(readers: list[layers.Layer], stretch: Stretch) -> bool:
    """Whether one convolution makes its channels, and one of these alone reads them."""
    return (
        len(stretch.makers) == 1
        and getattr(stretch.makers[0], "groups", 1) == 1
        and len(stretch.readers) == 1
        and any(stretch.readers[0][0] is each for each in readers)
        and len(_relus(stretch)) + (stretch.makers[0].activation is relu) <= 1
        and not any(isinstance(each, layers.LeakyReLU) for each in stretch.passed)
    )


def _stands_with_none_below_0(stretch: Stretch, ranges: dict[int, np.ndarray]) -> bool:
    """Whether what lies beside it is never below 0: all that lies side by side has one range."""
    for each in stretch.passed:
        if isinstance(each, layers.Concatenate):
            start = stretch.readers[0][1]
            beside = np.delete(ranges[id(each)][0], slice(start, start + stretch.channels))
            if beside.size and beside.min() < 0:
                return False
    return True


def _relus(stretch: Stretch) -> list[layers.Layer]:
    return [each for each in stretch.passed if isinstance(each, layers.ReLU)]


def _parts(stretch: Stretch, ranges: dict[int, np.ndarray], values: dict[int, np.ndarray]) -> Parts:
    """Divide the channels of a stretch, by the ranges of what it passes, and some values."""
    (maker,), relus = stretch.makers, _relus(stretch)
    # What a ReLU takes is never rounded: it is one operation of a file with what makes it.
    rounded = stretch.passed[stretch.passed.index(relus[0]) if relus else 0 :]
    reach = max(float(np.abs(ranges[id(each)]).max()) for each in rounded)
    if maker.activation is relu or relus:
        height = _heights(values[id(rounded[0])], reach)
        read = np.concatenate([height, reach - height]) / reach
        return Parts(reach, 1 / read, np.concatenate([np.zeros_like(height), -height]) / read, read)
    below, above = np.maximum(np.array([[-1], [1]]) * ranges[id(rounded[0])], reach / MOST)
    read = np.concatenate([above, -below]) / reach
    return Parts(reach, 1 / read, np.zeros_like(read), read)


def _heights(channels: np.ndarray, reach: float) -> np.ndarray:
    """Where to divide each of some channels, [N, C] >= 0, for the least error: [C]."""
    heights = reach * SHARES[:, None]
    beyond = np.stack([np.sum(channels > height, axis=0) for height in heights])
    below = np.sum(channels > 0, axis=0) - beyond
    # It goes as the step that a value has, squared; 0 is 0.
    error = below * heights**2 + beyond * (reach - heights) ** 2
    return heights[error.argmin(axis=0), 0]


def _with(
    convolution: layers.Layer, kernel: np.ndarray, bias: np.ndarray, reach: float | None
) -> layers.Layer:
    """A convolution of as many channels as this kernel and bias have, between 0 and a reach."""
    clone = convolution.__class__.from_config(convolution.get_config() | {"filters": len(bias)})
    clone.build((None, None, None, kernel.shape[axes(convolution).read]))
    clone.set_weights([kernel, bias])
    if reach is not None:
        known = KnownRange(0.0, reach)
        clone.activation = lambda x: known(relu(x))
    return clone
