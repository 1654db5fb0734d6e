"""Noise that a generator may use where a drawing is empty."""

import keras
import numpy as np
from keras import layers, ops


class StoredNoise(layers.Layer):
    """Appends `channels` planes of noise: new ones at every training step, fixed ones after."""

    def __init__(self, channels, seed=0, **kw):
        super().__init__(dtype="float32", **kw)
        self.channels = channels
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, shape):
        n = (
            np.random.default_rng(self.seed)
            .normal(size=(1, *shape[1:3], self.channels))
            .astype("float32")
        )
        self.fixed = self.add_weight(
            shape=n.shape, initializer=keras.initializers.Constant(n), trainable=False, name="fixed"
        )

    def call(self, x, training=None):
        b = ops.shape(x)[0]
        if training:
            n = keras.random.normal((b, *self.fixed.shape[1:]), seed=self.generator)
        else:
            n = ops.tile(self.fixed, (b, 1, 1, 1))
        return ops.concatenate([ops.cast(x, "float32"), n], -1)

    def compute_output_shape(self, s):
        return (*s[:-1], s[-1] + self.channels)
