"""pix2pix: a conditional GAN from sketch to photo (Isola et al. 2017, arXiv 1611.07004)."""

import dataclasses
from pathlib import Path
from typing import Literal

import keras
from keras import ops

from training import losses
from training.adversarial import AdversarialModel
from training.augment import Augmentation
from training.networks.patchgan import patchgan
from training.networks.projected import projected
from training.networks.shuffle_unet import shuffle_unet
from training.networks.squeezenet import squeezenet
from training.networks.unet import unet

ADVERSARIAL_LOSSES = {
    "hinge": (losses.hinge_generator_loss, losses.hinge_discriminator_loss),
    "lsgan": (losses.lsgan_generator_loss, losses.lsgan_discriminator_loss),
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
    adversarial: Literal["hinge", "bce", "lsgan"] = "hinge"
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
    eye: Literal["whole", "half", "window"] = "half"
    """What SqueezeNet sees: all of the picture, at half its size, or a random window of half."""
    upsampling: str = "bilinear"
    """How the generator enlarges."""
    head: str = "subpixel"
    """How it ends: subpixel, icnr (the same, begun without a checkerboard), nearest, bilinear."""
    noise: int = 0
    """Planes of noise that the generator gets at 1/32 to 1/8, stored ones after training."""
    blocks: int = 2
    """Residual blocks."""
    spectral: bool = False
    """Spectral normalisation of the PatchGAN."""
    norm: str = "batch"
    """Normalisation of the PatchGAN, or none."""
    scales: int = 1
    """PatchGANs, each at half the size of the one before."""
    r1: float = 0.0
    """Weight of R1 on the PatchGAN, by finite differences (Lin et al. 2025)."""
    empty: float = 1.0
    """Adversarial weight where nothing is drawn near."""
    diffaugment: bool = False
    """Colour and cutout before the discriminators (Zhao et al. 2020)."""
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
        return shuffle_unet(
            size,
            width=self.width,
            interpolation=self.upsampling,
            noise=self.noise,
            head=self.head,
            blocks=self.blocks,
        )

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
    """Generator against PatchGAN, on batches (sketch, photo) of uint8 [B, S, S, 3]."""

    def __init__(self, options: Pix2Pix, size: int, seed: int):
        self.options = options
        generator = options.build_generator(size, seed)
        networks = {"generator": generator}
        for scale in range(options.scales):
            networks[f"discriminator{scale}"] = patchgan(
                size >> scale,
                width=options.discriminator_width,
                spectral=options.spectral,
                norm=options.norm,
            )
        self_eye = None
        if options.squeezenet and (options.perceptual or options.projected):
            self_eye = squeezenet(size if options.eye == "whole" else size // 2, options.squeezenet)
        looks = self_eye is not None
        if looks and options.projected:
            shapes = [features.shape[1:] for features in self_eye.outputs]
            networks["heads"] = projected(shapes, size if options.eye == "whole" else size // 2)
        super().__init__(
            networks=networks,
            players={
                "generator": ["generator"],
                "discriminator": [n for n in networks if n != "generator"],
            },
            logs=(
                "l1",
                *(["matching"] if options.matching else []),
                *(["perceptual"] if looks and options.perceptual else []),
                *(["real_heads", "fake_heads"] if looks and options.projected else []),
                *(["r1"] if options.r1 else []),
            ),
            seed=seed,
        )
        self.eye = self_eye
        self.augmentation = Augmentation(
            options.zoom_min, options.zoom_max, options.shift, options.flip, options.gain
        )
        self.generator_loss, self.discriminator_loss = ADVERSARIAL_LOSSES[options.adversarial]

    def losses(self, batch):
        """One loss a player."""
        o = self.options
        sketches, photos = batch
        sketch, photo = self.augmentation(sketches, photos, self.random)
        sketch, photo = sketch / 127.5 - 1.0, photo / 127.5 - 1.0
        drawn = self.networks["generator"](sketch, training=True)
        logs = {"l1": losses.l1_loss(photo, drawn)}
        g = o.l1 * logs["l1"]
        d = 0.0
        judged = [sketch, photo, drawn]
        if o.diffaugment:
            judged = self.diffaugment(*judged)
        weights = None
        if o.empty < 1:
            drawn_on = ops.cast(ops.max(sketch, -1, keepdims=True) > -0.9, "float32")
            near = ops.max_pool(ops.max_pool(drawn_on, 8, 8), 5, 1, padding="same")
            near = ops.average_pool(near, 3, 1, padding="same")
            weights = o.empty + (1 - o.empty) * near
        matching = []
        r1 = 0.0
        for scale in range(o.scales):
            network = self.networks[f"discriminator{scale}"]
            s, p, q = (ops.average_pool(x, 2**scale, 2**scale) if scale else x for x in judged)
            *rf, rl = network([s, p], training=True)
            *ff, fl = network([s, q], training=True)
            if o.r1:
                sigma = 0.05
                n = keras.random.normal(ops.shape(p), seed=self.random) * sigma
                moved = network([s, p + n], training=True)[-1]
                r1 += ops.mean(ops.square((moved - rl) / sigma))
            if weights is not None and o.adversarial == "hinge" and scale == 0:
                g += o.pixels * -ops.mean(fl * weights[:, 1:31, 1:31])
            else:
                g += o.pixels * self.generator_loss(fl) / o.scales
            d += self.discriminator_loss(rl, fl)
            matching.append(losses.feature_matching_loss(rf, ff))
        if o.r1:
            logs["r1"] = r1
            d += o.r1 * r1
        if o.matching:
            logs["matching"] = sum(matching) / len(matching)
            g += o.matching * logs["matching"]
        if self.eye is not None:
            sees = lambda x: self.eye(x, training=False)
            if o.eye == "half":
                judged = [ops.average_pool(x, 2, 2) for x in judged]
            elif o.eye == "window":
                half = sketch.shape[1] // 2
                r = keras.random.randint((2,), 0, half + 1, seed=self.random)
                judged = [
                    ops.roll(ops.roll(x, -r[0], 1), -r[1], 2)[:, :half, :half] for x in judged
                ]
            real = sees(judged[1])
            fake = sees(judged[2])
            if o.perceptual:
                logs["perceptual"] = losses.perceptual_loss(real, fake)
                g += o.perceptual * logs["perceptual"]
            if o.projected:
                h = self.networks["heads"]
                rl = h([judged[0], *real], training=True)
                fl = h([judged[0], *fake], training=True)
                logs["real_heads"] = sum(ops.mean(x) for x in rl) / len(rl)
                logs["fake_heads"] = sum(ops.mean(x) for x in fl) / len(fl)
                if weights is not None:
                    g += (
                        o.projected
                        * sum(
                            -ops.mean(
                                x * ops.average_pool(weights, 32 // x.shape[1], 32 // x.shape[1])
                            )
                            for x in fl
                        )
                        / len(fl)
                    )
                else:
                    g += o.projected * sum(self.generator_loss(x) for x in fl) / len(fl)
                d += sum(self.discriminator_loss(x, y) for x, y in zip(rl, fl)) / len(rl)
        return {"generator": g, "discriminator": d}, logs

    def diffaugment(self, sketch, photo, drawn):
        """Colour and cutout, the same for all three (Zhao et al. 2020)."""
        x = ops.stack([photo, drawn], 1)
        b = ops.shape(sketch)[0]
        u = lambda: keras.random.uniform((b, 1, 1, 1, 1), -0.5, 0.5, seed=self.random)
        x = x + u()
        m = ops.mean(x, -1, keepdims=True)
        x = (x - m) * (u() * 2 + 1) + m
        m = ops.mean(x, (2, 3, 4), keepdims=True)
        x = (x - m) * (u() + 1) + m
        size = sketch.shape[1]
        grid = ops.arange(size, dtype="float32")
        c = keras.random.uniform((b, 2), 0, size, seed=self.random)
        rows = ops.abs(grid[None] - c[:, :1]) < size / 4
        cols = ops.abs(grid[None] - c[:, 1:]) < size / 4
        hole = ops.cast(ops.logical_and(rows[:, :, None], cols[:, None, :]), "float32")[..., None]
        x = x * (1 - hole[:, None])
        return [sketch * (1 - hole), x[:, 0], x[:, 1]]
