"""Progressive growing: photos from noise, small ones first (Karras et al. 2018, 1710.10196)."""

import dataclasses
from pathlib import Path

import keras
from keras import ops

from training import losses
from training.adversarial import AdversarialModel, GrowingAdam
from training.augment import Augmentation
from training.data.datasets import Dataset
from training.data.folders import open_photos
from training.networks.growing import growing_discriminator, growing_generator, sides
from training.networks.inputs import NOISE_TO_IMAGE
from training.options import Batch, Count, Decay, Options, Rate, Weight, Width
from training.pixels import to_network

SHAKE = 0.05  # Deviation of the noise that R1's slope is measured with.


@dataclasses.dataclass(frozen=True)
class Progressive(Options):
    """Options of progressive growing; the defaults are its preset."""

    size: Width = 64
    """Side of the photos in px, a power of two."""
    latent: Width = 128
    """Length of the noise."""
    width: Width = 64
    """Channels up to 16 px; they halve with each doubling from there."""
    phase_images: Count = 30_000
    """Images to see at each size, and as many to fade in the next one (600,000 in the paper)."""
    r1: Weight = 0.05
    """Weight of R1, the discriminator's slope at real photos (Mescheder et al. 2018)."""
    batch: Batch = 16
    """Photos a step."""
    learning_rate: Rate = 1e-3
    """Adam's step; equalized weights bear a large one."""
    ema: Decay = 0.999
    """Decay a step of the averaged weights that are exported."""

    task = NOISE_TO_IMAGE
    shown = {"generator": 0}

    def open(self, data: Path, size: int | None = None) -> Dataset:
        """Open a folder of photos."""
        return open_photos(data, size or self.size)

    def build(self, size: int, seed: int) -> AdversarialModel:
        """Build the untrained networks for photos of `size` px.

        Raises:
            UserError: a size that is not a power of two.
        """
        return ProgressiveModel(self, size, seed)

    def build_generator(self, size: int, seed: int) -> keras.Model:
        """Build the part that is shown and exported: noise [B, Z] -> [B, S, S, 3] in [-1, 1]."""
        return growing_generator(size, latent=self.latent, width=self.width)[-1]

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Adam without momentum, as published, for both players."""
        return GrowingAdam(
            self.learning_rate, beta_1=0.0, beta_2=0.99, use_ema=True, ema_momentum=self.ema
        )


# python -m training fit progressive --data flowers --images 330000 --epoch-images 15000
# 98 minutes on one core without AMX; KID share: 0.351.
PRESETS = {"small": Progressive()}


class ProgressiveModel(AdversarialModel):
    """Generator against discriminator, at one size after another, on photos uint8 [B, S, S, 3]."""

    def __init__(self, options: Progressive, size: int, seed: int):
        self.options = options
        self.sides = sides(size)
        self.generators = growing_generator(size, latent=options.latent, width=options.width)
        self.discriminators = growing_discriminator(size, width=options.width)
        super().__init__(
            networks={"generator": self.generators[-1], "discriminator": self.discriminators[-1]},
            players={"generator": ["generator"], "discriminator": ["discriminator"]},
            logs=("alpha",),
            seed=seed,
        )
        self.augmentation = Augmentation(flip=True)

    def stage_at(self, images: int) -> int:
        """0 at 4 px, 1 at 8 px and so on: from one phase at a size two more lead to the next."""
        return min((images // self.options.phase_images + 1) // 2, len(self.generators) - 1)

    def losses(self, batch):
        """One loss a player at this size: pass for real, and tell real from generated."""
        generator = self.generators[self.stage]
        discriminator = self.discriminators[self.stage]
        alpha = self._fade_in()
        (photo,) = self.augmentation([batch[0]], self.random)
        real = self._at_this_size(to_network(photo), alpha)
        noise = keras.random.normal((ops.shape(real)[0], self.options.latent), seed=self.random)
        generated = generator(noise, training=True)
        real_logits = discriminator(real, training=True)
        shaken = real + SHAKE * keras.random.normal(ops.shape(real), seed=self.random)
        slope = losses.r1_loss(real_logits, discriminator(shaken, training=True), SHAKE)
        fake_logits = discriminator(generated, training=True)
        return {
            "generator": losses.bce_generator_loss(fake_logits),
            "discriminator": losses.bce_discriminator_loss(real_logits, fake_logits)
            + self.options.r1 * slope,
        }, {"alpha": alpha}

    def _fade_in(self):
        """Let through as much of each new size as is due after so many images; of the newest."""
        phase = self.options.phase_images
        images = ops.cast(self.optimizer.iterations, "float32") * self.options.batch
        alpha = ops.ones(())
        for level, side in enumerate(self.sides[1 : self.stage + 1], start=1):
            alpha = ops.clip(images / phase - (2 * level - 1), 0.0, 1.0)
            for network in self.networks.values():
                network.get_layer(f"fade_{side}").alpha.assign(alpha)
        return alpha

    def _at_this_size(self, photo, alpha):
        """Photos at the size of this stage, as sharp as the generator's can be by now."""
        factor = photo.shape[1] // self.sides[self.stage]
        photo = ops.average_pool(photo, factor, factor) if factor > 1 else photo
        if not self.stage:
            return photo
        blurred = ops.average_pool(photo, 2, 2)
        blurred = ops.repeat(ops.repeat(blurred, 2, axis=1), 2, axis=2)
        return blurred + alpha * (photo - blurred)
