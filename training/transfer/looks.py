"""A network that takes a look, as one that takes none: to begin with, or for good."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from training.networks.shuffle_unet import Shift
from training.pixels import to_network


def without_shifts(generator: keras.Model) -> keras.Model:
    """Give a network of the sketch alone, with the same weights, which no look shifts.

    Its layers have the names that they have in `generator`.
    """

    def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(operation, Shift):
            features, _ = args[0]
            return features
        return operation(*args, **kwargs)

    whole = keras.models.clone_model(generator, call_function=call)
    plain = keras.Model(whole.inputs[0], whole.outputs[0], name=generator.name)
    copy_by_name(generator, plain)
    return plain


def copy_by_name(source: keras.Model, target: keras.Model) -> None:
    """Give the layers of `target` the weights of those in `source` that are called as they are."""
    theirs = {layer.name: layer for layer in source.layers}
    for layer in target.layers:
        if layer.weights and layer.name in theirs:
            layer.set_weights(theirs[layer.name].get_weights())


def shifts(network: keras.Model) -> list[tuple[Any, keras.layers.Conv2D]]:
    """Of each shift in the order of the network: the BatchNorm before it, and the look's kernel."""
    found = [each for each in network.layers if isinstance(each, Shift)]
    return [tuple(x._keras_history.operation for x in each.input) for each in found]


def fold_look(generator: keras.Model, look: Sequence[int]) -> keras.Model:
    """Give the network of the sketch alone that generates what `generator` does with this look.

    Each shift by these bytes goes into the bias of the BatchNorm before it.
    """
    plain = without_shifts(generator)
    code = to_network(np.array(look))
    for norm, head in shifts(generator):
        bias = plain.get_layer(norm.name).beta
        bias.assign(bias + code @ np.asarray(head.kernel)[0, 0])
    return plain
