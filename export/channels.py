"""Where the channels of a convolution go: through what only scales them, to who reads them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from export.rewrite import CONVOLUTIONS
from export.serving import as_it_takes
from training.networks.grain import Grain
from training.networks.inputs import Inputs
from training.networks.shuffle_unet import Shift

PICTURES = 64  # Of those that calibrate, at equal distances.
FEW = 16  # Of those of which every value is kept.
BATCH = 8

# Twice as much in is twice as much out, channel by channel.
SCALED = (
    *(layers.Identity, layers.Dropout, layers.ReLU, layers.LeakyReLU),
    *(layers.ZeroPadding2D, layers.Cropping2D, layers.UpSampling2D),
)


@dataclass
class Stretch:
    """From the convolutions that make channels to those that read them, and what is between."""

    makers: list[layers.Layer]
    channels: int
    readers: list[tuple[layers.Layer, int]] = field(default_factory=list)  # And from which channel.
    passed: list[Any] = field(default_factory=list)


class Axes(NamedTuple):
    """Of a kernel: which is what it reads, and which what it makes."""

    read: int
    made: int


def axes(convolution: layers.Layer) -> Axes:
    """Those of a convolution, or of one the other way round."""
    return Axes(-1, -2) if isinstance(convolution, layers.Conv2DTranspose) else Axes(-2, -1)


class Network:
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
            for place, (taken, tensor) in enumerate(
                zip(self.given[id(operation)], tensors, strict=True)
            ):
                self.takers[id(taken)].append((operation, place))
                self.tensors.setdefault(id(taken), tensor)  # No input is called.
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

    def is_last(self, convolution: layers.Layer) -> bool:
        """Whether no convolution comes after it."""
        behind = [convolution]
        for operation in behind:  # Which grows.
            behind += [taker for taker, _ in self.takers[id(operation)] if taker not in behind]
        return not any(isinstance(each, CONVOLUTIONS) for each in behind[1:])

    def stretch(self, convolution: layers.Layer) -> Stretch | None:
        """All that the channels of a convolution pass; None where they are more than scaled."""
        if convolution.activation not in (keras.activations.linear, keras.activations.relu):
            return None
        stretch = Stretch([convolution], convolution.filters)
        return stretch if self._follow(convolution, 0, stretch) else None

    def _follow(self, operation: Any, start: int, stretch: Stretch) -> bool:
        """Note who reads what an operation gives, from a channel on; False if somebody may not."""
        if id(operation) in self.ends | self.shared:
            return False
        stretch.passed.append(operation)
        return all(
            self._taken(taker, place, start, stretch) for taker, place in self.takers[id(operation)]
        )

    def _taken(self, taker: Any, place: int, start: int, stretch: Stretch) -> bool:
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

    def ranges(self, stretches: list[Stretch], examples: Inputs) -> dict[int, np.ndarray]:
        """Give what all that the stretches pass reaches, by its ids: [2, C], least and most."""
        found: dict[int, np.ndarray] = {}
        for places in self._passed(stretches, examples, PICTURES):
            for key, values in places.items():
                reach = np.stack([values.min(axis=0), values.max(axis=0)])
                least, most = found.get(key, np.zeros_like(reach))
                found[key] = np.stack([np.minimum(least, reach[0]), np.maximum(most, reach[1])])
        return found

    def values(self, stretches: list[Stretch], examples: Inputs) -> dict[int, np.ndarray]:
        """Give all that the stretches pass, by its ids, at the places of some pictures: [N, C]."""
        batches = list(self._passed(stretches, examples, FEW))
        return {key: np.concatenate([batch[key] for batch in batches]) for key in batches[0]}

    def _passed(
        self, stretches: list[Stretch], examples: Inputs, pictures: int
    ) -> Iterator[dict[int, np.ndarray]]:
        operations = {id(each): each for stretch in stretches for each in stretch.passed}
        watched = keras.Model(self.model.inputs, [self.tensors[each] for each in operations])
        given = as_it_takes(self.model, examples)
        step = max(1, len(given[0]) // pictures)
        given = [each[::step][:pictures] for each in given]
        for first in range(0, len(given[0]), BATCH):
            batch = [each[first : first + BATCH] for each in given]
            outputs = keras.tree.flatten(watched(batch, training=False))  # Of one, it is no list.
            arrays = map(keras.ops.convert_to_numpy, outputs)
            yield {
                key: x.reshape(-1, x.shape[-1]) for key, x in zip(operations, arrays, strict=True)
            }


def _only_scales(operation: Any) -> bool:
    """Whether twice as much in is twice as much out of it."""
    if isinstance(operation, layers.ReLU) and (operation.max_value or operation.threshold):
        return False
    return isinstance(operation, SCALED)
