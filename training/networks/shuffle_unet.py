"""U-Nets whose heavy layers run at quarter resolution: small, fast, and easy to quantise."""

from typing import Any

import keras
from keras import layers, ops

from training.errors import UserError
from training.networks.grain import Grain
from training.networks.normalization import BatchNorm
from training.size import Size, sides, told

# Channels at 1/2, 1/4, ... 1/64 of the size, in units of an eighth of `width`. High resolutions
# cost time and the bottleneck costs parameters: hence thin at the top, and no doubling below.
STAGES = (3, 8, 16, 24, 32, 40)
SLIM_STAGES = (2, 4, 8, 16, 24, 32)  # A quarter of the work: thin where pixels are many.
RESIDUAL_BLOCKS = 2  # At 1/8, where a cell is 8 px wide and the network sees whole petals.


def conv(
    x, filters: int, kernel: int = 3, *, strides: int = 1, activate: bool = True, look: Any = None
):
    """Convolution and BatchNorm (which folds into it at export), then ReLU unless told not to.

    A look shifts each channel. That starts as no shift at all, so that weights of a network
    without looks can be begun with.
    """
    x = layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)
    x = BatchNorm()(x)
    if look is not None:
        shift = layers.Conv2D(
            filters, 1, use_bias=False, kernel_initializer="zeros", dtype="float32"
        )
        x = Shift(dtype="float32")([x, shift(look)])
    return layers.ReLU(dtype="float32")(x) if activate else x


def residual(x, look: Any = None):
    """Two 3x3 convolutions beside an identity (He et al. 2016)."""
    y = conv(conv(x, x.shape[-1], look=look), x.shape[-1], activate=False)
    return layers.ReLU(dtype="float32")(layers.Add(dtype="float32")([x, y]))


def upsample(x, skip, filters: int, look: Any = None, grain: int = 0):
    """Double bilinearly, merge the skip, and planes of `grain` if any, and convolve.

    Resize-convolution has no uneven overlap, so no checkerboard (Odena et al. 2016); bilinear,
    because the steps of nearest neighbour show as a weave wherever a drawing is empty.
    """
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    noise = [Grain(grain)(skip)] if grain else []
    return conv(layers.Concatenate()([x, skip, *noise]), filters, look=look)


def shuffle_unet(
    size: Size = 256, *, width: int = 64, look: int = 0, grain: int = 0
) -> keras.Model:
    """Build the wide generator: sketch [B, H, W, 3] -> photo [B, H, W, 3], in [-1, 1].

    Two strided convolutions are a learned pixel-unshuffle down to quarter resolution, where the
    U-Net proper begins; the way back ends in a sub-pixel convolution (Shi et al. 2016) and a mean
    of neighbours (Sugawara et al. 2018). Under 8 M parameters at the default width. With a
    `look`, it takes so many bytes beside the sketch: [B, 1, 1, look], as pixels in [-1, 1]. With a
    `grain`, it has so many planes of noise at each size on the way back.

    Raises:
        UserError: a side that is not a multiple of 64.
    """
    filters = [max(1, stage * width // 8) for stage in STAGES]
    return _build("shuffle_unet", size, filters, 0, look, grain)


def slim_unet(size: Size = 256, *, width: int = 64, look: int = 0, grain: int = 0) -> keras.Model:
    """Build the generator that keeps up with a pen in a browser: as `shuffle_unet`, slimmer.

    Its stages are thinner where pixels are many, and on the way back half of the channels are
    enlarged: a quarter of the multiplications, 2.3 M parameters at the default width.

    Raises:
        UserError: a side that is not a multiple of 64.
    """
    filters = [max(1, stage * width // 8) for stage in SLIM_STAGES]
    return _build("slim_unet", size, filters, max(2, width // 4), look, grain)


def _build(
    name: str, size: Size, filters: list[int], least: int, look: int, grain: int
) -> keras.Model:
    """Build either; `least` and `grain` are as in `decode`.

    A look shifts what is at 1/8 of the size and below, and all on the way up: where it costs next
    to nothing, and where it is seen.
    """
    sketch = sketch_input(name, size)
    code = keras.Input((1, 1, look), name="look") if look else None
    x, skips = sketch, []
    for stage, channels in enumerate(filters):
        # Wide, 256 px: [B, 128, 128, 24] ... [B, 4, 4, 320]
        x = conv(x, channels, 4, strides=2, look=code if stage >= 2 else None)
        if stage == 2:
            for _ in range(RESIDUAL_BLOCKS):
                x = residual(x, code)  # [B, 32, 32, 128]
        skips.append(x)
    photo = decode(skips, filters, least, code, grain)
    return keras.Model([sketch, code] if look else sketch, photo, name=name)


def sketch_input(name: str, size: Size) -> keras.KerasTensor:
    """Make the input of a network that halves pictures six times: [B, H, W, 3].

    Raises:
        UserError: a side that is not a multiple of 64.
    """
    height, width = sides(size)
    if min(height, width) < 64 or height % 64 or width % 64:
        raise UserError(
            f"{name} halves the picture six times, so its sides must be multiples of 64; "
            f"got {told(size)}: prepare the photos with --size 256, or pairs with --size 256 and "
            "--layout ab (side by side) or --layout pairs (input/ and target/)"
        )
    return keras.Input((height, width, 3), name="sketch")


def decode(skips: list[Any], filters: list[int], least: int, look: Any = None, grain: int = 0):
    """Go back up from the deepest of `skips`, [B, H/2, W/2, C] and below, to [B, H, W, 3].

    Each level has the channels that `filters` says. What is enlarged is first made half as thin,
    but no thinner than `least`; 0 leaves it as it is. Planes of `grain` stand beside each level.
    """
    x = skips[-1]
    for channels, skip in zip(reversed(filters[:-1]), reversed(skips[:-1]), strict=True):
        if least:
            # Without ReLU, which would lose what few channels hold (Sandler et al. 2018).
            x = conv(x, max(least, channels // 2), 1, activate=False)
        x = upsample(
            x, skip, channels, look, grain
        )  # Wide, 256 px: [B, 8, 8, 256] ... [B, 128, 128, 24]
    # Four pixels a cell, and a row and a column of cells beyond the picture for the mean below.
    x = layers.ZeroPadding2D(((1, 2), (1, 2)))(x)
    # float32, because bfloat16 has 8 bits and its rounding shows in a sky.
    x = layers.Conv2D(12, 3, dtype="float32", name="subpixel")(x)
    x = ops.depth_to_space(x, 2)  # [B, 258, 258, 3]
    x = layers.Activation("tanh", dtype="float32")(x)
    # The four have kernels of their own, which leaves a grid of the finest pitch there is on every
    # plain surface. The mean of neighbours lets through all but that pitch.
    x = MeanOfNeighbours(dtype="float32")(x)
    return layers.Cropping2D(((0, 1), (0, 1)), dtype="float32", name="photo")(x)


@keras.saving.register_keras_serializable("garabato")
class Shift(layers.Add):
    """Add a number to each channel, the same at every place: [B, H, W, C] and [B, 1, 1, C]."""


@keras.saving.register_keras_serializable("garabato")
class MeanOfNeighbours(layers.Layer):
    """The mean of every 2x2 pixels: [B, H, W, C] -> [B, H - 1, W - 1, C].

    A pooling layer says the same, but XNNPACK has none for integers, and with it the whole int8
    file took 1.3 times as long.
    """

    def call(self, inputs):
        """Convolve each channel with quarters."""
        quarters = ops.full((2, 2, inputs.shape[-1], 1), 0.25, dtype=inputs.dtype)
        return ops.depthwise_conv(inputs, quarters)
