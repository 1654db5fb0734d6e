"""What eight bits will make of a network, seen while it trains."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

from training.networks.normalization import BatchNorm
from training.networks.shuffle_unet import Shift

LEVELS = 256  # Numbers that eight bits tell apart.
ACTIVATIONS = (layers.ReLU, layers.LeakyReLU)


def in_training(network: keras.Model, *, rounded: bool) -> Callable[[Any], Any]:
    """What a training step calls: the network itself, or, `rounded`, what is `quantized` of it."""
    called = quantized(network) if rounded else network
    # A function, of whose weights Keras keeps no second copy.
    return lambda inputs: called(inputs, training=True)


def quantized(network: keras.Model) -> keras.Model:
    """The same layers with the same weights; each tensor that an int8 file keeps is rounded.

    Nothing of it is left in the network itself, hence in what is saved, shown and exported.
    """
    return keras.models.clone_model(
        network, clone_function=lambda layer: layer, call_function=_rounded
    )


def _rounded(layer: layers.Layer, *args: Any, **kwargs: Any) -> Any:
    outputs = layer(*args, **kwargs)
    return FakeQuantize()(outputs) if _is_kept(layer) else outputs


def _is_kept(layer: layers.Layer) -> bool:
    """Whether a file keeps what a layer makes: convolution, BatchNorm and ReLU are one there."""
    if isinstance(layer, BatchNorm):
        followers = [node.operation for node in layer._outbound_nodes]
        return not any(isinstance(each, (*ACTIVATIONS, Shift)) for each in followers)
    return isinstance(layer, (*ACTIVATIONS, layers.Concatenate))


class FakeQuantize(layers.Layer):
    """Round to 256 numbers, from the least to the greatest of a batch, and with zero among them.

    Gradients pass as if nothing was rounded (Jacob et al. 2018, section 3).
    """

    def call(self, x):
        """Give numbers as an int8 file has them, in any shape."""
        least, greatest = ops.minimum(ops.min(x), 0.0), ops.maximum(ops.max(x), 0.0)
        step = ops.maximum((greatest - least) / (LEVELS - 1), keras.config.epsilon())
        return x + ops.stop_gradient(ops.round(x / step) * step - x)
