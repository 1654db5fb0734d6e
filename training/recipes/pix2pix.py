"""pix2pix: a conditional GAN from sketch to photo (Isola et al. 2017, arXiv 1611.07004)."""

import dataclasses
from typing import Literal

import keras

from training import losses
from training.adversarial import AdversarialModel
from training.augment import Augmentation
from training.networks.patchgan import patchgan
from training.networks.shuffle_unet import shuffle_unet
from training.networks.unet import unet

ADVERSARIAL_LOSSES = {
    "hinge": (losses.hinge_generator_loss, losses.hinge_discriminator_loss),
    "bce": (losses.bce_generator_loss, losses.bce_discriminator_loss),
}


@dataclasses.dataclass(frozen=True)
class Pix2Pix:
    """Options of pix2pix; the defaults are the preset `fast`."""

    generator: Literal["shuffle_unet", "unet"] = "shuffle_unet"
    """Generator: shuffle_unet is small and fast, unet is the published one."""
    width: int = 64
    """Width of the generator's first stage; 64 for unet as published."""
    discriminator_width: int = 24
    """Width of the PatchGAN's first block; 64 as published, 24 costs as much as the generator."""
    adversarial: Literal["hinge", "bce"] = "hinge"
    """Adversarial loss; hinge stops pushing on patches that are judged right already."""
    l1: float = 10.0
    """Weight of the L1 distance to the photo; high values blur what a sketch leaves open."""
    matching: float = 10.0
    """Weight of feature matching (Wang et al. 2018, whose weight is 10); 0 switches it off."""
    batch: int = 8
    """Pairs a step; 8 fills two cores, and gives BatchNorm something to average."""
    learning_rate: float = 2e-4
    """Adam's step (Isola et al. 2017)."""
    beta_1: float = 0.5
    """Adam's momentum; the usual 0.9 makes adversarial games oscillate (Radford et al. 2016)."""
    ema: float = 0.999
    """Decay a step of the averaged weights that are exported; 0 exports the last weights."""
    zoom_min: float = 0.0
    """Least random enlargement of a pair, as a share of its size."""
    zoom_max: float = 0.15
    """Greatest random enlargement."""
    shift: float = 0.05
    """Random shift beyond what the enlargement leaves, as a share; borders are mirrored."""
    flip: bool = True
    """Mirror half of the pairs."""
    gain: float = 0.1
    """Random change of each colour channel, joint for sketch and photo, as a share."""

    task = "image-to-image"

    def build(self, size: int, seed: int) -> AdversarialModel:
        """Build the untrained networks for pictures of `size` px.

        Raises:
            UserError: a size that the generator cannot take.
        """
        return Pix2PixModel(self, size, seed)

    def build_generator(self, size: int, seed: int) -> keras.Model:
        """Build the part that is shown and exported: [B, S, S, 3] in [-1, 1] to the same."""
        if self.generator == "unet":
            return unet(size, width=self.width, seed=seed)
        return shuffle_unet(size, width=self.width)

    def optimizer(self) -> keras.optimizers.Optimizer:
        """One Adam for both players, averaging the weights when asked."""
        return keras.optimizers.Adam(
            self.learning_rate,
            beta_1=self.beta_1,
            use_ema=self.ema > 0,
            ema_momentum=self.ema,
        )


PRESETS = {
    # 20 images/s on two cores with AMX.
    "fast": Pix2Pix(),
    # The published system: batch 1, 286 -> 256 px jitter, BCE + 100 L1, no averaging.
    "paper": Pix2Pix(
        generator="unet",
        width=64,
        discriminator_width=64,
        adversarial="bce",
        l1=100.0,
        matching=0.0,
        batch=1,
        ema=0.0,
        zoom_min=30 / 256,
        zoom_max=30 / 256,
        shift=0.0,
        gain=0.0,
    ),
}


class Pix2PixModel(AdversarialModel):
    """Generator against PatchGAN, on batches (sketch, photo) of uint8 [B, S, S, 3]."""

    def __init__(self, options: Pix2Pix, size: int, seed: int):
        self.options = options
        generator = options.build_generator(size, seed)
        discriminator = patchgan(size, width=options.discriminator_width)
        super().__init__(
            networks={"generator": generator, "discriminator": discriminator},
            players={"generator": ["generator"], "discriminator": ["discriminator"]},
            logs=("l1", "matching") if options.matching else ("l1",),
            seed=seed,
        )
        self.augmentation = Augmentation(
            options.zoom_min, options.zoom_max, options.shift, options.flip, options.gain
        )
        self.generator_loss, self.discriminator_loss = ADVERSARIAL_LOSSES[options.adversarial]

    def losses(self, batch):
        """One loss a player: fool the PatchGAN and stay near the photo; tell real from drawn."""
        sketches, photos = batch
        sketch, photo = self.augmentation(sketches, photos, self.random)
        sketch, photo = sketch / 127.5 - 1.0, photo / 127.5 - 1.0
        drawn = self.networks["generator"](sketch, training=True)

        discriminator = self.networks["discriminator"]
        *real_features, real_logits = discriminator([sketch, photo], training=True)
        *drawn_features, drawn_logits = discriminator([sketch, drawn], training=True)

        # How far the drawing is from the photo: in pixels, and in the PatchGAN's features.
        logs = {"l1": losses.l1_loss(photo, drawn)}
        generator_loss = self.generator_loss(drawn_logits) + self.options.l1 * logs["l1"]
        if self.options.matching:
            logs["matching"] = losses.feature_matching_loss(real_features, drawn_features)
            generator_loss += self.options.matching * logs["matching"]
        return {
            "generator": generator_loss,
            "discriminator": self.discriminator_loss(real_logits, drawn_logits),
        }, logs
