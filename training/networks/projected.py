"""Discriminators in another network's features: Projected GAN (Sauer et al. 2021, 2111.01007)."""

import keras
from keras import layers

from training.networks.normalization import BatchNorm
from training.size import Size, sides


def projected(shapes: list[tuple[int, int, int]], size: Size, *, width: int = 64) -> keras.Model:
    """Build one small discriminator for each feature map; together they are one network.

    Inputs, a list: the sketch [B, H, W, 3] in [-1, 1], then feature maps of these shapes
    each a whole fraction of its height and width. Outputs, a list: float32 logits, one map for each
    feature map; [B, 16, 16, 1], [B, 16, 16, 1] and [B, 8, 8, 1] for `squeezenet` at 128 px. The
    random mixing of the paper's channels and scales is left out.
    """
    height, across = sides(size)
    sketch = keras.Input((height, across, 3), name="sketch")
    features = [keras.Input(shape) for shape in shapes]
    logits = []
    for x in features:
        seen = layers.AveragePooling2D(
            (height // x.shape[1], across // x.shape[2]), dtype="float32"
        )(sketch)
        fine = x.shape[1] > height // 8
        # Features of different layers differ in scale by a hundredfold.
        x = layers.Concatenate()([BatchNorm()(x), seen])
        x = layers.Conv2D(2 * width, 1)(x)
        x = layers.LeakyReLU(0.2, dtype="float32")(x)
        x = layers.Conv2D(width, 4, strides=2 if fine else 1, padding="same", use_bias=False)(x)
        x = layers.LeakyReLU(0.2, dtype="float32")(BatchNorm()(x))
        logits.append(layers.Conv2D(1, 3, padding="same", dtype="float32")(x))
    return keras.Model([sketch, *features], logits, name="projected")
