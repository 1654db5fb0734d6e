"""VAE: pictures as points of a normal distribution (Kingma and Welling 2014, arXiv 1312.6114)."""

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

LATENT = 10


@dataclasses.dataclass(frozen=True)
class VAE(Options):
    """Options of the variational autoencoder; the defaults are its preset."""

    batch: Batch = 128
    """Pictures a step."""
    learning_rate: Rate = 1e-3
    """Nadam's step, its default."""

    task = NOISE_TO_IMAGE
    shown = {"generator": 0}

    def open(self, data: Path, size: int | None = None) -> Dataset:
        """Open idx files; the labels are not used."""
        return open_labelled(data, size)

    def build(self, size: int, seed: int) -> AdversarialModel:
        """Build the untrained networks for pictures of `size` px."""
        return VAEModel(self, size, seed)

    def build_generator(self, size: int, seed: int) -> keras.Model:
        """Build the decoder, which is shown and exported: [B, 10] -> [B, S, S, 1] in [-1, 1]."""
        noise = keras.Input((LATENT,), name="noise")
        x = layers.Dense(100, "selu", kernel_initializer="lecun_normal")(noise)
        x = layers.Dense(150, "selu", kernel_initializer="lecun_normal")(x)
        # tanh(x / 2) is the sigmoid of x, from [0, 1] to [-1, 1].
        x = layers.Rescaling(0.5, dtype="float32")(layers.Dense(size * size)(x))
        x = layers.Activation("tanh", dtype="float32")(x)
        return keras.Model(noise, layers.Reshape((size, size, 1))(x), name="generator")

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Nadam for encoder and decoder, which play together."""
        return keras.optimizers.Nadam(self.learning_rate)


# python -m training fit vae --data fashion-mnist --images 1500000 --epoch-images 60000
# 4 minutes on two cores without AMX; KID share: 0.313.
PRESETS = {"published": VAE()}


class Sampling(layers.Layer):
    """A point of N(mean, exp(log_var)): mean + exp(log_var / 2) * noise.

    The noise is standard normal and sampled anew each time, so that gradients pass through mean
    and log_var, both [B, Z] (the reparametrisation trick).
    """

    def __init__(self, seed: int, **options):
        super().__init__(**options)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, mean, log_var):
        """Draw one point [B, Z] for each row."""
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(log_var / 2) * noise


def encoder(size: int, seed: int) -> keras.Model:
    """Build the encoder: [B, S, S, 1] in [-1, 1] -> mean, log_var and a point, each [B, 10]."""
    picture = keras.Input((size, size, 1), name="picture")
    x = layers.Flatten()(picture)
    x = layers.Dense(150, "selu", kernel_initializer="lecun_normal")(x)
    x = layers.Dense(100, "selu", kernel_initializer="lecun_normal")(x)
    mean = layers.Dense(LATENT, dtype="float32", name="mean")(x)
    log_var = layers.Dense(LATENT, dtype="float32", name="log_var")(x)
    point = Sampling(seed, dtype="float32")(mean, log_var)
    return keras.Model(picture, [mean, log_var, point], name="encoder")


class VAEModel(AdversarialModel):
    """Encoder and decoder, one player, on batches (picture uint8 [B, S, S, 1], label)."""

    def __init__(self, options: VAE, size: int, seed: int):
        super().__init__(
            networks={
                "encoder": encoder(size, seed),
                "generator": options.build_generator(size, seed),
            },
            players={"autoencoder": ["encoder", "generator"]},
            logs=("reconstruction", "kl"),
            seed=seed,
        )

    def losses(self, batch):
        """Draw each picture again from a point near its mean; keep the points near N(0, 1)."""
        real = to_network(batch[0])
        mean, log_var, point = self.networks["encoder"](real, training=True)
        generated = self.networks["generator"](point, training=True)
        pixels = real.shape[1] * real.shape[2]
        logs = {
            "reconstruction": losses.reconstruction_loss(real, generated),
            "kl": losses.kl_loss(mean, log_var) / pixels,
        }
        return {"autoencoder": logs["reconstruction"] + logs["kl"]}, logs
