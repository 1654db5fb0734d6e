"""pix2pix: a conditional GAN from sketch to photo (Isola et al. 2017, arXiv 1611.07004)."""

import dataclasses
from pathlib import Path
from typing import Literal

import keras
from keras import ops

from training import losses
from training.adversarial import AdversarialModel
from training.augment import Augmentation
from training.datasets import Dataset
from training.networks.patchgan import patchgan
from training.networks.projected import projected
from training.networks.shuffle_unet import shuffle_unet
from training.networks.squeezenet import squeezenet
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
    perceptual: float = 5.0
    """Weight of the distance in SqueezeNet's features (Zhang et al. 2018); petals get veins."""
    projected: float = 1.0
    """Weight of discriminators in SqueezeNet's features (Sauer et al. 2021); 0 for none."""
    squeezenet: Path | None = None
    """Weights of SqueezeNet 1.1 (.h5, Keras layout, no top), which the two above take."""
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
    shown = {"generator": 0}

    def open(self, data: Path, size: int | None = None) -> Dataset:
        """Open pairs: a dataset folder of `python -m training prepare`, or in its layout."""
        return Dataset.open(data, size)

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
        perceptual=0.0,
        projected=0.0,
        batch=1,
        ema=0.0,
        zoom_min=30 / 256,
        zoom_max=30 / 256,
        shift=0.0,
        gain=0.0,
    ),
}


class Pix2PixModel(AdversarialModel):
    """Generator against discriminators, on batches (sketch, photo) of uint8 [B, S, S, 3]."""

    def __init__(self, options: Pix2Pix, size: int, seed: int):
        self.options = options
        networks = {
            "generator": options.build_generator(size, seed),
            "discriminator": patchgan(size, width=options.discriminator_width),
        }
        logs = ["l1", *(["matching"] if options.matching else [])]
        eye = None
        if options.squeezenet and (options.perceptual or options.projected):
            # Half the size costs a quarter of the time; finer texture is the PatchGAN's to judge.
            eye = squeezenet(size // 2, options.squeezenet)
            logs += ["perceptual"]
            if options.projected:
                shapes = [features.shape[1:] for features in eye.outputs]
                networks["projected"] = projected(shapes, size // 2)
        super().__init__(
            networks=networks,
            players={
                "generator": ["generator"],
                "discriminator": [name for name in networks if name != "generator"],
            },
            logs=tuple(logs),
            seed=seed,
        )
        self.eye = eye
        self.augmentation = Augmentation(
            options.zoom_min, options.zoom_max, options.shift, options.flip, options.gain
        )
        self.generator_loss, self.discriminator_loss = ADVERSARIAL_LOSSES[options.adversarial]

    def losses(self, batch):
        """One loss a player: fool the others and stay near the photo; tell real from drawn."""
        sketches, photos = batch
        sketch, photo = self.augmentation(sketches, photos, self.random)
        sketch, photo = sketch / 127.5 - 1.0, photo / 127.5 - 1.0
        drawn = self.networks["generator"](sketch, training=True)

        discriminator = self.networks["discriminator"]
        *real_features, real_logits = discriminator([sketch, photo], training=True)
        *drawn_features, drawn_logits = discriminator([sketch, drawn], training=True)

        logs = {"l1": losses.l1_loss(photo, drawn)}
        generator_loss = self.generator_loss(drawn_logits) + self.options.l1 * logs["l1"]
        discriminator_loss = self.discriminator_loss(real_logits, drawn_logits)
        if self.options.matching:
            logs["matching"] = losses.feature_matching_loss(real_features, drawn_features)
            generator_loss += self.options.matching * logs["matching"]
        if self.eye:
            fooling, telling, logs["perceptual"] = self._seen(self.eye, sketch, photo, drawn)
            generator_loss += fooling + self.options.perceptual * logs["perceptual"]
            discriminator_loss += telling
        return {"generator": generator_loss, "discriminator": discriminator_loss}, logs

    def _seen(self, eye, sketch, photo, drawn):
        """What SqueezeNet makes of it: both players' adversarial losses, and the distance."""
        sketch, photo, drawn = (ops.average_pool(x, 2, 2) for x in (sketch, photo, drawn))
        real, fake = eye(photo, training=False), eye(drawn, training=False)
        distance = losses.perceptual_loss(real, fake)
        if not self.options.projected:
            return 0.0, 0.0, distance
        judges = self.networks["projected"]
        pairs = list(
            zip(
                judges([sketch, *real], training=True),
                judges([sketch, *fake], training=True),
                strict=True,
            )
        )
        weight = self.options.projected / len(pairs)
        fooling = weight * sum(self.generator_loss(fake) for _, fake in pairs)
        telling = weight * sum(self.discriminator_loss(real, fake) for real, fake in pairs)
        return fooling, telling, distance
