"""A U-Net that looks with SqueezeNet's eyes: its encoder begins with what that has learned."""

import keras

from training.networks.shuffle_unet import conv, decode, sketch_input
from training.networks.squeezenet import encode
from training.size import Size

# Channels at 1/2, 1/4, ... 1/64 of the size, in units of an eighth of `width`.
STAGES = (4, 8, 16, 24, 32, 48)


def squeeze_unet(size: Size = 256, *, width: int = 32) -> keras.Model:
    """Build the generator: picture [B, H, W, 3] -> picture [B, H, W, 3], in [-1, 1].

    SqueezeNet 1.1 down to 1/16, whose weights `squeezenet.load` brings, two strided convolutions
    that see the whole, and the way back of `slim_unet`. For what has to be understood more than
    drawn, such as masks: 1.4 M parameters at the default width, of which 0.7 M are SqueezeNet's.

    Raises:
        UserError: a side that is not a multiple of 64.
    """
    sketch = sketch_input("squeeze_unet", size)
    filters = [max(1, stage * width // 8) for stage in STAGES]
    encoded = encode(sketch)  # 128 px: [B, 64, 64, 64], [B, 32, 32, 128] ... [B, 8, 8, 512]
    # Their scales are hundreds of times apart, which the BatchNorms in these level.
    skips = [conv(x, channels, 1) for x, channels in zip(encoded, filters[:4], strict=True)]
    for channels in filters[4:]:
        skips.append(conv(skips[-1], channels, 4, strides=2))  # [B, 4, 4, 128], [B, 2, 2, 192]
    return keras.Model(sketch, decode(skips, filters, max(2, width // 4)), name="squeeze_unet")
