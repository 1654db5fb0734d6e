"""Networks that grow from 4 px to their full size (Karras et al. 2018, arXiv 1710.10196)."""

import math

import keras
from keras import layers, ops

from training.errors import UserError

SMALLEST = 4  # px


def sides(size: int) -> list[int]:
    """The sizes that a network of `size` px grows through: 4, 8, ... size.

    Raises:
        UserError: a size that is not a power of two, or less than 8.
    """
    if size < 2 * SMALLEST or size & (size - 1):
        raise UserError(f"networks that grow double in size: expected 8, 16, 32, ..., got {size}")
    return [SMALLEST << level for level in range((size // SMALLEST).bit_length())]


def filters_at(side: int, width: int) -> int:
    """Channels at `side` px: `width` up to 16 px, halved with each doubling from there."""
    return max(8, min(width, width * 16 // side))


def growing_generator(size: int, *, latent: int, width: int) -> list[keras.Model]:
    """Build generators of 4, 8, ... `size` px that share their layers.

    Each maps noise [B, latent] to a photo [B, side, side, 3] in [-1, 1]. The last holds the
    weights of all, and a `Fade` a doubling: while that lets through nothing, it generates what the
    one before it does, larger.
    """
    noise = keras.Input((latent,), name="noise")
    x = EqualizedDense(SMALLEST * SMALLEST * width)(PixelNorm(dtype="float32")(noise))
    x = _activated(layers.Reshape((SMALLEST, SMALLEST, width))(x))
    photo, models = None, []
    for side in sides(size):
        if photo is not None:
            x = layers.UpSampling2D(2)(x)
            x = _activated(EqualizedConv(filters_at(side, width), 3)(x))
        x = _activated(EqualizedConv(filters_at(side, width), 3)(x))  # [B, side, side, filters]
        new = EqualizedConv(3, 1, gain=1.0, dtype="float32")(x)
        photo = new if photo is None else _fade(side)(_larger(photo), new)
        shown = layers.Activation("tanh", dtype="float32")(photo)
        models.append(keras.Model(noise, shown, name=f"generator_{side}"))
    return models


def growing_discriminator(size: int, *, width: int) -> list[keras.Model]:
    """Build the mirror: photos [B, side, side, 3] -> logits [B, 1], of 4, 8, ... `size` px.

    They share their layers; the last holds the weights of all. All work in float32 under any
    policy: R1 is a small difference of logits, to which bfloat16's rounding added up to 40 %.
    """
    every = sides(size)
    seen = {side: _conv(filters_at(side, width), 1) for side in every}
    blocks = {
        side: (
            _conv(filters_at(side, width), 3),
            _conv(filters_at(side // 2, width), 3),
            _fade(side),
        )
        for side in every[1:]
    }
    last = (
        _conv(width, 3),
        EqualizedDense(width, dtype="float32"),
        EqualizedDense(1, gain=1.0, dtype="float32"),
    )
    models = []
    for top in every:
        photo = keras.Input((top, top, 3), name="photo")
        smaller, x = photo, _leaky(seen[top](photo))
        for side in reversed([side for side in every[1:] if side <= top]):
            for convolution in blocks[side][:2]:
                x = _leaky(convolution(x))
            x = layers.AveragePooling2D(2, dtype="float32")(x)
            smaller = layers.AveragePooling2D(2, dtype="float32")(smaller)
            x = blocks[side][2](_leaky(seen[side // 2](smaller)), x)
        x = _leaky(last[0](BatchDeviation(dtype="float32")(x)))
        x = last[2](_leaky(last[1](layers.Flatten(dtype="float32")(x))))
        models.append(keras.Model(photo, x, name=f"discriminator_{top}"))
    return models


class _Equalized(layers.Layer):
    """Weights sampled from N(0, 1) and scaled when used, so that Adam moves all at one speed.

    The scale is He's, `gain` / sqrt(inputs of a unit) (section 4.1 of the paper).
    """

    def __init__(self, units: int, gain: float = 2**0.5, **options):
        super().__init__(**options)
        self.units, self.gain = units, gain

    def build(self, shape):
        """Make the weights."""
        kernel = self._kernel_shape(shape)
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self.kernel = self.add_weight(shape=kernel, initializer=normal, name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.scale = self.gain * math.prod(kernel[:-1]) ** -0.5

    def _kernel_shape(self, shape):
        raise NotImplementedError


class EqualizedDense(_Equalized):
    """Dense, [B, N] -> [B, units]."""

    def _kernel_shape(self, shape):
        return (shape[-1], self.units)

    def call(self, x):
        """Apply."""
        return ops.matmul(x, self.kernel * self.scale) + self.bias


class EqualizedConv(_Equalized):
    """Convolution, [B, H, W, C] -> [B, H, W, units]."""

    def __init__(self, units: int, side: int, **options):
        super().__init__(units, **options)
        self.side = side

    def _kernel_shape(self, shape):
        return (self.side, self.side, shape[-1], self.units)

    def call(self, x):
        """Apply."""
        return ops.conv(x, self.kernel * self.scale, padding="same") + self.bias


class PixelNorm(layers.Layer):
    """Scale each pixel's features, the last axis, to a mean square of one."""

    def call(self, x):
        """Normalise."""
        return x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-8)


class BatchDeviation(layers.Layer):
    """Append a plane that says how much the pictures of the batch differ: their deviation.

    [B, H, W, C] -> [B, H, W, C + 1]: a generator that always gives the same is found out.
    """

    def call(self, x):
        """Append."""
        x32 = ops.cast(x, "float32")
        deviation = ops.mean(ops.sqrt(ops.var(x32, axis=0) + 1e-8))
        plane = ops.zeros_like(x[..., :1]) + ops.cast(deviation, x.dtype)
        return ops.concatenate([x, plane], axis=-1)

    def compute_output_shape(self, shape):
        """One channel more."""
        return (*shape[:-1], shape[-1] + 1)


class Fade(layers.Layer):
    """From one picture or feature map to another of its shape: old + alpha * (new - old).

    `alpha` is a weight that training sets; 0 lets nothing of the new one through.
    """

    def build(self, *shapes):
        """Make alpha, 0."""
        self.alpha = self.add_weight(
            shape=(), initializer="zeros", dtype="float32", trainable=False, name="alpha"
        )

    def call(self, old, new):
        """Mix."""
        return old + ops.cast(self.alpha, old.dtype) * (new - old)


def _conv(units: int, side: int) -> EqualizedConv:
    return EqualizedConv(units, side, dtype="float32")


def _fade(side: int) -> Fade:
    return Fade(name=f"fade_{side}", dtype="float32")


def _activated(x):
    return PixelNorm(dtype="float32")(_leaky(x))


def _leaky(x):
    return layers.LeakyReLU(0.2, dtype="float32")(x)


def _larger(photo):
    return layers.UpSampling2D(2, dtype="float32")(photo)
