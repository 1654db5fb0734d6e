"""Equal ranges for channels that an int8 file rounds alike (Nagel et al. 2019, section 4.1).

A tensor of such a file has one step for all of its channels, and so have all tensors that are laid
side by side. Where one channel reaches far, the others are rounded as coarsely as it: a plain
surface gets a grain. Each is therefore multiplied until it reaches as far, in the kernel that makes
it, and divided again in the kernels that read it. What the network computes stays the same.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import layers

from export.rewrite import CONVOLUTIONS, fold_batchnorm, replaced, shift_downwards, with_bias
from export.serving import as_it_takes
from training.networks.grain import Grain
from training.networks.inputs import Inputs
from training.networks.shuffle_unet import Shift

PICTURES = 64  # Of those that calibrate, at equal distances.
BATCH = 8
# A channel that hardly ever speaks may reach further in another picture.
MOST = 8.0

# Twice as much in is twice as much out, channel by channel.
SCALED = (
    *(layers.Identity, layers.Dropout, layers.ReLU, layers.LeakyReLU),
    *(layers.ZeroPadding2D, layers.Cropping2D, layers.UpSampling2D),
)


@dataclass
class _Stretch:
    """From the convolutions that make channels to those that read them, and what is between."""

    makers: list[layers.Layer]
    channels: int
    readers: list[tuple[layers.Layer, int]] = field(default_factory=list)  # And from which channel.
    passed: list[Any] = field(default_factory=list)


def equalized(generator: keras.Model, examples: Inputs) -> keras.Model:
    """Give the same generator with channels of equal ranges, its BatchNorm folded.

    Args:
        generator: a functional model from pictures, [B, H, W, C] in [-1, 1].
        examples: sketches uint8 [N, H, W, 3], with looks if it takes them: what ranges are read
            from.
    """
    network = _Network(shift_downwards(fold_batchnorm(generator)))
    convolutions = [each for each in network.model.layers if type(each) in CONVOLUTIONS]
    stretches = [found for each in convolutions if (found := network.stretch(each))]
    if not stretches:
        return generator
    reach = network.reach({id(op): op for each in stretches for op in each.passed}, examples)
    made = {id(each): np.ones(each.filters) for each in convolutions}
    read = {id(each): np.ones(_channels(each)) for each in convolutions}
    for stretch in stretches:
        own = [reach[id(op)] for op in stretch.passed if network.width(op) == stretch.channels]
        each_channel = np.max(own, axis=0)
        furthest = max(reach[id(op)].max() for op in stretch.passed)
        silent = each_channel == 0
        factors = (furthest / np.where(silent, furthest, each_channel)).clip(1, MOST)
        for maker in stretch.makers:
            made[id(maker)] *= factors
        for reader, start in stretch.readers:
            read[id(reader)][start : start + stretch.channels] /= factors
    scaled = {id(each): _scaled(each, made[id(each)], read[id(each)]) for each in convolutions}
    return replaced(network.model, scaled)


class _Network:
    """A model by its operations: what each gives, and who takes that, at which place."""

    def __init__(self, model: keras.Model) -> None:
        self.tensors: dict[int, keras.KerasTensor] = {}
        self.takers: dict[int, list[tuple[Any, int]]] = defaultdict(list)
        self.given: dict[int, list[Any]] = {}
        self.shared: set[int] = set()

        def record(operation: Any, *args: Any, **kwargs: Any) -> Any:
            found = keras.tree.flatten((args, kwargs))
            tensors = [each for each in found if isinstance(each, keras.KerasTensor)]
            self.given[id(operation)] = [each._keras_history.operation for each in tensors]
            for place, taken in enumerate(self.given[id(operation)]):
                self.takers[id(taken)].append((operation, place))
            if id(operation) in self.tensors:
                self.shared.add(id(operation))
            self.tensors[id(operation)] = operation(*args, **kwargs)
            return self.tensors[id(operation)]

        self.model = keras.models.clone_model(
            model, clone_function=lambda layer: layer, call_function=record
        )
        self.ends = {id(output._keras_history.operation) for output in self.model.outputs}

    def width(self, operation: Any) -> int:
        """How many channels it gives."""
        return self.tensors[id(operation)].shape[-1]

    def stretch(self, convolution: layers.Layer) -> _Stretch | None:
        """All that the channels of a convolution pass; None where they are more than scaled."""
        if convolution.activation not in (keras.activations.linear, keras.activations.relu):
            return None
        stretch = _Stretch([convolution], convolution.filters)
        return stretch if self._follow(convolution, 0, stretch) else None

    def _follow(self, operation: Any, start: int, stretch: _Stretch) -> bool:
        """Note who reads what an operation gives, from a channel on; False if somebody may not."""
        if id(operation) in self.ends | self.shared:
            return False
        stretch.passed.append(operation)
        return all(
            self._taken(taker, place, start, stretch) for taker, place in self.takers[id(operation)]
        )

    def _taken(self, taker: Any, place: int, start: int, stretch: _Stretch) -> bool:
        if type(taker) in CONVOLUTIONS:
            stretch.readers.append((taker, start))
            return id(taker) not in self.shared and getattr(taker, "groups", 1) == 1
        if isinstance(taker, Shift):
            stretch.makers.append(self.given[id(taker)][1])
            return place == 0 and self._follow(taker, start, stretch)
        if isinstance(taker, layers.Concatenate):
            before = sum(self.width(each) for each in self.given[id(taker)][:place])
            return self._follow(taker, start + before, stretch)
        if isinstance(taker, Grain):  # It reads nothing but a shape.
            return True
        return _only_scales(taker) and self._follow(taker, start, stretch)

    def reach(self, operations: dict[int, Any], examples: Inputs) -> dict[int, np.ndarray]:
        """Give how far from 0 each channel of some operations gets, by their ids."""
        watched = keras.Model(self.model.inputs, [self.tensors[each] for each in operations])
        given = as_it_takes(self.model, examples)
        step = max(1, len(given[0]) // PICTURES)
        given = [each[::step][:PICTURES] for each in given]
        furthest = [np.zeros(tensor.shape[-1]) for tensor in watched.outputs]
        for first in range(0, len(given[0]), BATCH):
            batch = [each[first : first + BATCH] for each in given]
            outputs = keras.tree.flatten(watched(batch, training=False))  # Of one, it is no list.
            for values, most in zip(outputs, furthest, strict=True):
                found = np.abs(keras.ops.convert_to_numpy(values))
                np.maximum(most, found.max(axis=(0, 1, 2)), out=most)
        return dict(zip(operations, furthest, strict=True))


def _only_scales(operation: Any) -> bool:
    """Whether twice as much in is twice as much out of it."""
    if isinstance(operation, layers.ReLU) and (operation.max_value or operation.threshold):
        return False
    return isinstance(operation, SCALED)


def _channels(convolution: layers.Layer) -> int:
    """How many channels it reads of each group."""
    transposed = isinstance(convolution, layers.Conv2DTranspose)
    return convolution.kernel.shape[-1 if transposed else -2]


def _scaled(convolution: layers.Layer, made: np.ndarray, read: np.ndarray) -> layers.Layer:
    kernel, *bias = convolution.get_weights()
    transposed = isinstance(convolution, layers.Conv2DTranspose)
    kernel = kernel * (np.outer(made, read) if transposed else np.outer(read, made))
    return with_bias(convolution, (bias[0] if bias else np.zeros(len(made))) * made, kernel)
