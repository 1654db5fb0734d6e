"""A pool of generated pictures, to remind discriminators of them (Shrivastava et al. 2017)."""

from typing import Any

import keras
from keras import layers, ops

from training.pixels import from_network, to_network


class ImagePool(layers.Layer):
    """Keeps generated pictures, and gives back an older one for every other new one.

    Takes and gives [B, S, S, 3] in [-1, 1]. Until `capacity` pictures came, each is kept and given
    back; from then on, with even odds, a new one takes the place of an old one, which is given
    back instead. They are kept as 8-bit pixels, as photos are; checkpoints hold them.
    """

    def __init__(self, capacity: int, size: int, seed: int) -> None:
        super().__init__(dtype="float32")
        self.capacity = capacity
        self.kept = self.add_weight(
            shape=(capacity, size, size, 3),
            initializer="zeros",
            dtype="uint8",
            trainable=False,
            name="kept",
        )
        self.came = self.add_weight(
            shape=(), initializer="zeros", dtype="int32", trainable=False, name="came"
        )
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True  # As the whole model is; Keras would call it to find out.

    def call(self, pictures: Any) -> Any:
        """Give back as many pictures as came; no gradient passes."""
        pixels = ops.cast(ops.round(from_network(ops.stop_gradient(pictures))), "uint8")
        count = ops.shape(pictures)[0]
        full = self.came >= self.capacity
        coins = keras.random.uniform((count, 1, 1, 1), seed=self.seed_generator) < 0.5
        order = ops.argsort(keras.random.uniform((self.capacity,), seed=self.seed_generator))
        slots = ops.where(full, order[:count], (self.came + ops.arange(count)) % self.capacity)
        slots = ops.cast(slots, "int32")
        kept = ops.convert_to_tensor(self.kept)
        old = ops.take(kept, slots, axis=0)
        given = ops.where(ops.logical_and(full, coins), old, pixels)
        staying = ops.where(ops.logical_and(full, ops.logical_not(coins)), old, pixels)
        self.kept.assign(ops.scatter_update(kept, slots[:, None], staying))
        self.came.assign(ops.minimum(self.came + count, self.capacity))
        return to_network(given)
