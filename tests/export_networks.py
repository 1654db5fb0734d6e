"""Tiny generators and drawings for the tests of `export`."""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops

from training.networks.shuffle_unet import shuffle_unet, slim_unet
from training.networks.unet import unet
from training.runs.samples import with_looks
from training.transfer.looks import shifts

SIZE = 32


def tiny_unet(size: int = SIZE) -> keras.Model:
    """Two halvings, transposed convolutions, BatchNorm, dropout and a skip, as in `unet`."""
    sketch = keras.Input((size, size, 3))
    x = layers.Conv2D(8, 4, strides=2, padding="same")(sketch)
    skip = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Conv2D(16, 4, strides=2, padding="same", use_bias=False)(skip)
    x = layers.BatchNormalization()(x)
    x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Conv2DTranspose(8, 4, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(layers.Dropout(0.5)(x))
    x = layers.Concatenate()([x, skip])
    photo = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")(x)
    return randomised(keras.Model(sketch, photo))


def tiny_shuffle(size: int = SIZE) -> keras.Model:
    """Resize-convolutions, a residual and a pixel shuffle, as in `shuffle_unet`."""
    sketch = keras.Input((size, size, 3))
    x = layers.Conv2D(12, 4, strides=2, padding="same", use_bias=False)(sketch)
    skip = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(12, 4, strides=2, padding="same", use_bias=False)(skip)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    y = layers.Conv2D(12, 3, padding="same", use_bias=False)(x)
    x = layers.Add()([x, layers.BatchNormalization()(y)])
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = layers.Conv2D(12, 3, padding="same")(layers.Concatenate()([x, skip]))
    x = ops.depth_to_space(x, 2)
    return randomised(keras.Model(sketch, layers.Activation("tanh")(x)))


def randomised(model: keras.Model, seed: int = 0) -> keras.Model:
    """Give every weight, BatchNorm's statistics too, a value that it could have after training."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            channels = layer.gamma.shape
            layer.set_weights(
                [
                    rng.uniform(0.5, 1.5, channels),
                    rng.normal(0, 0.2, channels),
                    rng.normal(0, 0.2, channels),
                    rng.uniform(0.3, 1.5, channels),
                ]
            )
        elif layer.weights:
            kernel, *bias = layer.get_weights()
            spread = 1.2 / np.sqrt(np.prod(kernel.shape[:3]))
            layer.set_weights(
                [rng.normal(0, spread, kernel.shape), *(rng.normal(0, 0.1, b.shape) for b in bias)]
            )
    return model


def shifted(generator: keras.Model) -> keras.Model:
    """Give a generator that takes looks such weights, and to its looks something to say."""
    randomised(generator)
    for _, head in shifts(generator):
        head.set_weights([2 * kernel for kernel in head.get_weights()])
    return generator


def drawings(count: int, size: int = SIZE, seed: int = 0) -> np.ndarray:
    """Flat squares in pen colours on black, half of the canvas empty: uint8 [count, S, S, 3]."""
    rng = np.random.default_rng(seed)
    colours = rng.choice([0, 64, 128, 255], (count, 8, 8, 3))
    cells = np.where(rng.random((count, 8, 8, 1)) < 0.5, colours, 0).astype(np.uint8)
    return cells.repeat(size // 8, axis=1).repeat(size // 8, axis=2)


def sketches(count: int, size: int = SIZE, seed: int = 0) -> dict[str, np.ndarray]:
    """The same as inputs of a generator."""
    return {"sketch": drawings(count, size, seed)}


LEAST = 64  # Some halve a picture six times.
NETWORKS: dict[str, Callable[[], keras.Model]] = {
    "tiny_unet": lambda: tiny_unet(LEAST),
    "tiny_shuffle": lambda: tiny_shuffle(LEAST),
    "slim_unet": lambda: randomised(slim_unet(LEAST, width=8)),
    "grain": lambda: randomised(slim_unet(LEAST, width=8, grain=2)),
    "looks": lambda: shifted(shuffle_unet(LEAST, width=8, look=3, grain=2)),
    "unet": lambda: randomised(unet(LEAST, width=4)),
}


def inputs_of(generator: keras.Model, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Drawings, and looks if it takes them."""
    look = generator.inputs[1].shape[-1] if len(generator.inputs) > 1 else 0
    return with_looks(drawings(count, LEAST, seed), look, seed)


def two_convolutions(factors: np.ndarray) -> keras.Model:
    """Channels that reach as far as `factors` say, each as strong in the picture."""
    x = keras.Input((8, 8, 3))
    made = layers.Conv2D(len(factors), 1, activation="relu")
    read = layers.Conv2D(3, 1, activation="tanh")
    model = keras.Model(x, read(layers.ZeroPadding2D()(made(x))))
    made.set_weights([np.outer(np.ones(3), factors)[None, None], np.zeros(len(factors))])
    read.set_weights([np.outer(1 / factors, np.ones(3))[None, None] / 9, np.full(3, 0.5)])
    return model
