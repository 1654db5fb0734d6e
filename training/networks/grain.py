"""Noise that never changes: what a network makes texture of where a drawing is plain."""

import keras
import numpy as np
from keras import layers, ops

SEED = 0  # Weights have learned to use this noise, and no other.


@keras.saving.register_keras_serializable("garabato")
class Grain(layers.Layer):
    """Planes of noise beside a picture: [B, H, W, C] -> [B, H, W, planes], in 0..1.

    Wherever a drawing is of one colour, a convolution sees the same at every place, and can only
    make the same of it, or a lattice (Karras et al. 2019, section 3.2, where noise is drawn anew
    for each picture). This one is the same for each: a drawing has one picture, and a pixel that
    nobody touches stays as it is while the pen moves.
    """

    def __init__(self, planes: int, **kwargs):
        super().__init__(**kwargs)
        self.planes = planes

    def call(self, x):
        """Give the noise of these rows and columns, for every picture alike."""
        shape = (*x.shape[1:3], self.planes)
        noise = np.random.default_rng(SEED).random(shape, np.float32)
        noise = ops.convert_to_tensor(noise[None], self.compute_dtype)
        return ops.broadcast_to(noise, (ops.shape(x)[0], *shape))

    def compute_output_shape(self, shape):
        """As many planes in the place of channels."""
        return (*shape[:-1], self.planes)

    def get_config(self):
        """What it was made with."""
        return super().get_config() | {"planes": self.planes}


def grain_of(network: keras.Model) -> int:
    """How many planes of noise a network has at each size; 0 for none."""
    return next((each.planes for each in network.layers if isinstance(each, Grain)), 0)
