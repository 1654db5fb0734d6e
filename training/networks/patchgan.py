"""The PatchGAN discriminator: tells for each patch of a photo whether it is real."""

import keras
from keras import layers

from training.networks.normalization import BatchNorm
from training.networks.unet import down, normal
from training.size import Size, sides


def patchgan(
    size: Size = 256,
    *,
    width: int = 64,
    conditional: bool = True,
    norm: type[layers.Layer] = BatchNorm,
) -> keras.Model:
    """Build the discriminator of 70 px patches (Isola et al. 2017, appendix 6.1).

    Inputs: sketch and photo, or unless `conditional` the photo alone, each [B, H, W, 3]
    in [-1, 1]. Outputs, a list: the feature maps of the four hidden blocks, shallow to deep, then
    the logits (float32, [B, 30, 30, 1] at 256 px). 2,770,497 parameters at the published width
    of 64 and with BatchNorm.
    """
    sketch = keras.Input((*sides(size), 3), name="sketch")
    photo = keras.Input((*sides(size), 3), name="photo")
    x = layers.Concatenate()([sketch, photo]) if conditional else photo
    features = []
    for level, filters in enumerate((width, 2 * width, 4 * width)):
        x = down(
            x, filters, norm=norm if level else None
        )  # 256 px: [B, 128, 128, 64] ... [B, 32, 32, 256]
        features.append(x)
    x = layers.ZeroPadding2D()(x)
    x = layers.Conv2D(8 * width, 4, use_bias=False, kernel_initializer=normal())(x)
    x = norm()(x)
    x = layers.LeakyReLU(0.2, dtype="float32")(x)  # [B, 31, 31, 512]
    features.append(x)
    x = layers.ZeroPadding2D()(x)
    # Logits are summed over many patches: bfloat16 would round each to three digits.
    logits = layers.Conv2D(1, 4, kernel_initializer=normal(), dtype="float32", name="logits")(x)
    inputs = [sketch, photo] if conditional else photo
    return keras.Model(inputs, [*features, logits], name="patchgan")
