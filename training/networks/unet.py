"""The U-Net generator of pix2pix, as published (Isola et al. 2017, appendix 6.1)."""

import keras
from keras import layers

from training.errors import UserError
from training.networks.normalization import PictureNorm
from training.size import Size, sides, told

# Published encoder, C64-C128-C256-C512x5; at 256 px the last one sees a single pixel.
ENCODER = (64, 128, 256, 512, 512, 512, 512, 512)


def normal() -> keras.initializers.Initializer:
    """N(0, 0.02), as published; anew for each layer, since one instance repeats its numbers."""
    return keras.initializers.RandomNormal(stddev=0.02)


def levels_for(size: Size) -> int:
    """How often a picture is halved: eight times, or down to one pixel of its shorter side.

    Raises:
        UserError: a side cannot be halved that often.
    """
    levels = min(len(ENCODER), max(min(sides(size)), 1).bit_length() - 1)
    if levels < 2 or any(side % 2**levels for side in sides(size)):
        raise UserError(
            f"unet halves the picture {levels} times, so its sides must be a power of two or "
            f"multiples of {2 ** len(ENCODER)}; got {told(size)}: prepare the photos with "
            f"--size 256"
        )
    return levels


def down(x, filters: int, *, norm: type[layers.Layer] | None):
    """Halve: 4x4 convolution of stride 2, normalised if asked, LeakyReLU 0.2."""
    # A bias before BatchNorm is subtracted again at once.
    x = layers.Conv2D(
        filters, 4, strides=2, padding="same", use_bias=not norm, kernel_initializer=normal()
    )(x)
    if norm:
        x = norm()(x)
    return layers.LeakyReLU(0.2, dtype="float32")(x)


def up(x, filters: int, *, dropout: bool, seed: int):
    """Double: 4x4 transposed convolution of stride 2, normalised, dropout 0.5 if asked, ReLU."""
    x = layers.Conv2DTranspose(
        filters, 4, strides=2, padding="same", use_bias=False, kernel_initializer=normal()
    )(x)
    x = PictureNorm()(x)
    if dropout:
        x = layers.Dropout(0.5, seed=seed)(x)
    return layers.ReLU(dtype="float32")(x)


def unet(size: Size = 256, *, width: int = 64, seed: int = 0) -> keras.Model:
    """Build the generator: sketch [B, H, W, 3] -> photo [B, H, W, 3], in [-1, 1].

    54,425,923 parameters at 256 px and the published width of 64. Dropout in the first three
    decoder blocks is the only noise, as published.

    Raises:
        UserError: a size that cannot be halved as often as the network wants.
    """
    encoder = [filters * width // 64 for filters in ENCODER[: levels_for(size)]]
    sketch = keras.Input((*sides(size), 3), name="sketch")
    x, skips = sketch, []
    for level, filters in enumerate(encoder):
        # 256 px: [B, 128, 128, 64] ... [B, 1, 1, 512]
        x = down(x, filters, norm=PictureNorm if level else None)
        skips.append(x)
    for level, (filters, skip) in enumerate(
        zip(reversed(encoder[:-1]), reversed(skips[:-1]), strict=True)
    ):
        x = up(x, filters, dropout=level < 3, seed=seed + level)
        x = layers.Concatenate()([x, skip])  # 256 px: [B, 2, 2, 1024] ... [B, 128, 128, 128]
    x = layers.Conv2DTranspose(
        3, 4, strides=2, padding="same", kernel_initializer=normal(), dtype="float32"
    )(x)
    photo = layers.Activation("tanh", dtype="float32", name="photo")(x)  # [B, H, W, 3]
    return keras.Model(sketch, photo, name="unet")
