"""The residual generator of CycleGAN, as published (Johnson et al. 2016; Zhu et al. 2017)."""

import keras
from keras import layers, ops

from training.errors import UserError
from training.networks.normalization import InstanceNorm
from training.networks.unet import normal


def resnet(size: int = 256, *, width: int = 64, blocks: int = 9) -> keras.Model:
    """Build the generator: photo [B, size, size, 3] -> photo [B, size, size, 3], in [-1, 1].

    c7s1-64, d128, d256, R256 as often as `blocks` says (6 for 128 px, 9 for 256 px in the paper),
    u128, u64, c7s1-3 (Zhu et al. 2017, appendix 7.2). 11,372,931 parameters with nine blocks:
    biases that the normalisation would take away again are left out.

    Raises:
        UserError: a size that is not a multiple of four.
    """
    if size < 8 or size % 4:
        raise UserError(f"resnet halves the photo twice: expected a multiple of 4, got {size} px")
    photo = keras.Input((size, size, 3), name="sketch")
    x = _convolution(_reflected(photo, 3), width, 7)
    for level in (1, 2):  # 256 px: [B, 128, 128, 128], [B, 64, 64, 256]
        x = _convolution(x, width << level, 3, strides=2, padding="same")
    for _ in range(blocks):
        y = _convolution(_reflected(x, 1), x.shape[3], 3)
        y = _convolution(_reflected(y, 1), x.shape[3], 3, activate=False)
        x = layers.Add()([x, y])
    for level in (1, 0):  # 256 px: [B, 128, 128, 128], [B, 256, 256, 64]
        x = layers.Conv2DTranspose(
            width << level,
            3,
            strides=2,
            padding="same",
            use_bias=False,
            kernel_initializer=normal(),
        )(x)
        x = layers.ReLU()(InstanceNorm()(x))
    x = layers.Conv2D(3, 7, kernel_initializer=normal(), dtype="float32")(_reflected(x, 3))
    return keras.Model(photo, layers.Activation("tanh", dtype="float32")(x), name="resnet")


def _convolution(x, filters: int, kernel: int, *, strides=1, padding="valid", activate=True):
    x = layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding=padding,
        use_bias=False,
        kernel_initializer=normal(),
    )(x)
    x = InstanceNorm()(x)
    return layers.ReLU()(x) if activate else x


def _reflected(x, rim: int):
    # Zeros would show as a frame.
    return ops.pad(x, ((0, 0), (rim, rim), (rim, rim), (0, 0)), mode="reflect")
