"""`python -m tests.tiny_recipe OPTIONS`: `fit` of pix2pix so small that it compiles in seconds.

No augmentation, so that nothing in a step is random. LOGICAL_CPUS says as how many devices the
processor counts on TensorFlow; JAX has an option of its own for that.
"""

import dataclasses
import os
import sys

import keras
from keras import layers

from training.__main__ import main
from training.networks.normalization import BatchNorm
from training.options import NONE
from training.recipes import RECIPES
from training.recipes.pix2pix import Pix2Pix
from training.size import Size, sides


@dataclasses.dataclass(frozen=True)
class Tiny(Pix2Pix):
    """The losses and the discriminator of pix2pix, and a generator of two convolutions.

    A test in which the network is not the point takes it: its graph is built in a quarter of the
    time. 32 px are the least that the discriminator takes.
    """

    def build_generator(self, size: Size, seed: int) -> keras.Model:
        """Build it: [B, H, W, 3] in [-1, 1] to the same."""
        sketch = keras.Input((*sides(size), 3), name="sketch")
        x = layers.Conv2D(self.width, 4, strides=2, padding="same", use_bias=False)(sketch)
        x = layers.LeakyReLU(0.2)(BatchNorm()(x))
        photo = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")(x)
        return keras.Model(sketch, photo, name="generator")


# Not hinge: which patches are within its margin is a matter of rounding, and while all are the
# logits' bias has no gradient at all.
TINY = Tiny(
    width=8,
    discriminator_width=4,
    batch=4,
    adversarial="bce",
    squeezenet=NONE,
    lite0=NONE,
    zoom_max=0.0,
    shift=0.0,
    flip=False,
)

if "LOGICAL_CPUS" in os.environ:
    import tensorflow as tf

    count = int(os.environ["LOGICAL_CPUS"])
    [processor] = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        processor, [tf.config.LogicalDeviceConfiguration()] * count
    )

if __name__ == "__main__":
    RECIPES["tiny"] = {"tiny": TINY}
    sys.argv[1:] = ["fit", "tiny", *sys.argv[1:]]
    main()
