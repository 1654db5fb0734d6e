"""Rewrites of a generator that leave what it computes as it is and make it cheaper to run.

Each takes a functional model and returns another one; layers that stay are shared, not copied.
"""

from collections import Counter, defaultdict
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from training.networks.normalization import PictureNorm
from training.networks.shuffle_unet import Shift

CONVOLUTIONS = (layers.Conv2D, layers.Conv2DTranspose)

# Past this, tanh is within 0.63 of a pixel value of black or white. Without a bound one dark
# background with logits of -10 spreads the 256 codes of an int8 tensor so thin that mid-greys
# come out in steps of 12 pixel values; with it a step is 3.
TANH_LIMIT = 3.0


def fold_batchnorm(generator: keras.Model) -> keras.Model:
    """Multiply every BatchNorm that follows a convolution into its kernel and bias.

    TFLite's converter does this by itself; TensorFlow.js's leaves those of transposed
    convolutions, two passes over the largest arrays of a U-Net. A BatchNorm elsewhere stays.
    """
    producers, consumers = _edges(generator)
    folded: dict[int, layers.Layer] = {}
    for norm in generator.layers:
        if not isinstance(norm, layers.BatchNormalization) or isinstance(norm, PictureNorm):
            continue  # What depends on the picture is in no kernel.
        if len(producers[id(norm)]) != 1:
            continue
        conv = producers[id(norm)][0]
        if (
            type(conv) in CONVOLUTIONS
            and conv.activation is keras.activations.linear
            and consumers[id(conv)] == 1
        ):
            folded[id(conv)] = _folded(conv, norm)
            folded[id(norm)] = layers.Identity(name=norm.name)
    return replaced(generator, folded)


def repeat_grey(generator: keras.Model) -> keras.Model:
    """Let a generator that ends in a convolution of one filter and its activation generate RGB.

    The filter is used three times. TensorFlow.js cannot run a convolution with the bias of a
    single filter.
    """
    conv, *_ = generator.layers[-2:]  # Operations outside a layer are not counted.
    if type(conv) is not layers.Conv2D or conv.filters != 1:
        return generator
    clone = layers.Conv2D.from_config(conv.get_config() | {"filters": 3})
    clone.build_from_config(conv.get_build_config())
    clone.set_weights([np.repeat(weight, 3, axis=-1) for weight in conv.get_weights()])
    return replaced(generator, {id(conv): clone})


def shift_downwards(generator: keras.Model) -> keras.Model:
    """Let looks only take away from what convolutions give, whose BatchNorm is folded.

    relu(x + shift) is relu(relu(x + most) + (shift - most)), where no look shifts by more than
    `most`. Of what is rounded to 256 codes, none are then below zero, where nothing is seen of it.
    """
    producers, consumers = _edges(generator)
    changed: dict[int, layers.Layer] = {}
    for shift in generator.layers:
        if not isinstance(shift, Shift):
            continue
        norm, head = producers[id(shift)]
        (conv,) = producers[id(norm)]
        if not isinstance(norm, layers.Identity) or consumers[id(norm)] > 1:
            continue
        kernel = np.asarray(head.kernel)
        most = np.abs(kernel).sum(axis=(0, 1, 2))
        changed[id(conv)] = with_bias(conv, np.asarray(conv.bias) + most)
        changed[id(norm)] = layers.ReLU(name=norm.name)
        changed[id(head)] = with_bias(head, -most)
    return replaced(generator, changed)


def bound_tanh(generator: keras.Model) -> keras.Model:
    """State the input range of every tanh as -3..3 instead of leaving it to calibration."""
    bounded: dict[int, layers.Layer] = {}
    for layer in generator.layers:
        if getattr(layer, "activation", None) is keras.activations.tanh:
            clone = layer.__class__.from_config(layer.get_config())
            clone.activation = _bounded_tanh
            if layer.weights:
                clone.build_from_config(layer.get_build_config())
                clone.set_weights(layer.get_weights())
            bounded[id(layer)] = clone
    return replaced(generator, bounded)


class KnownRange(layers.Layer):
    """Say that a tensor is in `low`..`high`, and round it to one of 256 codes there.

    The TFLite converter takes the range as it is stated; without it, the range is what the
    calibration pictures happened to reach.
    """

    def __init__(self, low: float, high: float, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high = low, high

    def compute_output_spec(self, x: Any) -> Any:
        """Of the shape of x; spelled out because Keras believes that `x * 0.5` may be sparse."""
        return keras.KerasTensor(x.shape, x.dtype)

    def call(self, x: Any) -> Any:
        """Round x, float32 of any shape."""
        return tf.quantization.fake_quant_with_min_max_args(x, self.low, self.high, num_bits=8)


def _bounded_tanh(x: Any) -> Any:
    return ops.tanh(KnownRange(-TANH_LIMIT, TANH_LIMIT)(x))


def _folded(conv: layers.Layer, norm: layers.BatchNormalization) -> layers.Layer:
    kernel, *bias = conv.get_weights()
    mean, variance = (np.asarray(v) for v in (norm.moving_mean, norm.moving_variance))
    gamma = np.asarray(norm.gamma) if norm.scale else 1.0
    beta = np.asarray(norm.beta) if norm.center else 0.0
    factor = gamma / np.sqrt(variance + norm.epsilon)
    # Output channels are the last axis of a Conv2D kernel, the third of a transposed one.
    transposed = isinstance(conv, layers.Conv2DTranspose)
    kernel = kernel * (factor[:, None] if transposed else factor)
    return with_bias(conv, beta + ((bias[0] if bias else 0.0) - mean) * factor, kernel)


def with_bias(
    conv: layers.Layer, bias: np.ndarray, kernel: np.ndarray | None = None
) -> layers.Layer:
    """A convolution with this bias, and this kernel or its own."""
    clone = conv.__class__.from_config(conv.get_config() | {"use_bias": True})
    clone.build_from_config(conv.get_build_config())
    clone.set_weights([conv.get_weights()[0] if kernel is None else kernel, bias])
    return clone


def replaced(model: keras.Model, replacements: dict[int, layers.Layer]) -> keras.Model:
    """The same model with other layers in the places of some, which are named by their ids."""
    ours = set(map(id, replacements.values()))

    def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
        # Keras recorded arguments of the layer that was here, such as BatchNorm's mask.
        return operation(args[0]) if id(operation) in ours else operation(*args, **kwargs)

    return keras.models.clone_model(
        model,
        clone_function=lambda layer: replacements.get(id(layer), layer),
        call_function=call,
    )


def _edges(model: keras.Model) -> tuple[dict[int, list[Any]], Counter]:
    """By id of an operation: what feeds it in all its uses, and how often its output is used."""
    producers: dict[int, list[Any]] = defaultdict(list)
    consumers = Counter(id(output._keras_history.operation) for output in model.outputs)

    def record(operation: Any, *args: Any, **kwargs: Any) -> Any:
        for tensor in keras.tree.flatten((args, kwargs)):
            if isinstance(tensor, keras.KerasTensor):
                producers[id(operation)].append(tensor._keras_history.operation)
                consumers[id(tensor._keras_history.operation)] += 1
        return operation(*args, **kwargs)

    keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=record)
    return producers, consumers
