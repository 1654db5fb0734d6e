"""GAN: two dense networks that play against each other (Goodfellow et al. 2014, 1406.2661)."""

import dataclasses
from pathlib import Path

import keras
from keras import layers, ops

from training import losses
from training.adversarial import AdversarialModel
from training.data.datasets import Dataset
from training.data.idx import open_labelled
from training.networks.inputs import NOISE_TO_IMAGE
from training.options import Batch, Options, Rate
from training.pixels import to_network

LATENT = 30


@dataclasses.dataclass(frozen=True)
class GAN(Options):
    """Options of the dense GAN; the defaults are its preset."""

    batch: Batch = 32
    """Pictures a step; so small because each step is so cheap."""
    learning_rate: Rate = 1e-3
    """RMSprop's step, its default; momentum would carry the players past each other."""

    task = NOISE_TO_IMAGE
    shown = {"generator": 0}

    def open(self, data: Path, size: int | None = None) -> Dataset:
        """Open idx files; the labels are not used."""
        return open_labelled(data, size)

    def build(self, size: int, seed: int) -> AdversarialModel:
        """Build the untrained networks for pictures of `size` px."""
        return GANModel(self, size, seed)

    def build_generator(self, size: int, seed: int) -> keras.Model:
        """Build the part that is shown and exported: noise [B, 30] -> [B, S, S, 1] in [-1, 1]."""
        noise = keras.Input((LATENT,), name="noise")
        x = layers.Dense(100, "relu", kernel_initializer="he_normal")(noise)
        x = layers.Dense(150, "relu", kernel_initializer="he_normal")(x)
        x = layers.Dense(size * size)(x)
        x = layers.Activation("tanh", dtype="float32")(x)
        return keras.Model(noise, layers.Reshape((size, size, 1))(x), name="generator")

    def optimizer(self) -> keras.optimizers.Optimizer:
        """RMSprop for both players."""
        return keras.optimizers.RMSprop(self.learning_rate)


# python -m training fit gan --data fashion-mnist --images 3000000 --epoch-images 60000
# 16 minutes on two cores without AMX; KID share: 0.166.
PRESETS = {"published": GAN()}


def discriminator(size: int) -> keras.Model:
    """Build the generator's mirror: [B, S, S, 1] in [-1, 1] -> logits [B, 1]."""
    picture = keras.Input((size, size, 1), name="picture")
    x = layers.Flatten()(picture)
    x = layers.Dense(150, "relu", kernel_initializer="he_normal")(x)
    x = layers.Dense(100, "relu", kernel_initializer="he_normal")(x)
    return keras.Model(picture, layers.Dense(1, dtype="float32")(x), name="discriminator")


class GANModel(AdversarialModel):
    """Generator against discriminator, on batches (picture uint8 [B, S, S, 1], label)."""

    def __init__(self, options: GAN, size: int, seed: int):
        super().__init__(
            networks={
                "generator": options.build_generator(size, seed),
                "discriminator": discriminator(size),
            },
            players={"generator": ["generator"], "discriminator": ["discriminator"]},
            seed=seed,
        )

    def losses(self, batch):
        """One loss a player: pass for real, and tell real from generated."""
        real = to_network(batch[0])
        noise = keras.random.normal((ops.shape(real)[0], LATENT), seed=self.random)
        generated = self.networks["generator"](noise, training=True)
        real_logits = self.networks["discriminator"](real, training=True)
        fake_logits = self.networks["discriminator"](generated, training=True)
        return {
            "generator": losses.bce_generator_loss(fake_logits),
            "discriminator": losses.bce_discriminator_loss(real_logits, fake_logits),
        }, {}
