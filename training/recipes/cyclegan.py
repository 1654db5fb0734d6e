"""CycleGAN: from one kind of photo to another, without pairs (Zhu et al. 2017, 1703.10593)."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import keras

from training import losses
from training.adversarial import AdversarialModel, adam
from training.augment import Augmentation
from training.data.datasets import Dataset
from training.data.folders import open_unpaired
from training.networks.image_pool import ImagePool
from training.networks.inputs import IMAGE_TO_IMAGE
from training.networks.normalization import InstanceNorm
from training.networks.patchgan import patchgan
from training.networks.resnet import resnet
from training.networks.shuffle_unet import shuffle_unet
from training.options import NUMBER_OR_AUTO, Decay, Options, Rate, Weight, Width, Within
from training.pixels import to_network

POOL = 50  # Generated pictures of before that a discriminator is reminded of.


@dataclasses.dataclass(frozen=True)
class CycleGAN(Options):
    """Options of CycleGAN; the defaults are the preset `fast`."""

    kinds: tuple[str, ...] = ()
    """Names of the two folders in --data, where it holds others, too."""
    size: Width = 128
    """Side of the photos in px."""
    generator: Literal["shuffle_unet", "resnet"] = "shuffle_unet"
    """Generators: shuffle_unet is small and fast, resnet is the published one."""
    width: Width = 32
    """Width of the generators' first stage; 64 for resnet as published."""
    blocks: Width = 6
    """Residual blocks of resnet: 6 for 128 px, 9 for 256 px as published."""
    discriminator_width: Width = 24
    """Width of the PatchGANs' first block; 64 as published."""
    cycle: Weight = 5.0
    """Weight of coming back to the photo that one set out from; 10 as published."""
    identity: Weight = 1.0
    """Weight of leaving a photo of the other kind as it is: 5 as published changed little for long,
    0 drew negatives."""
    batch: Annotated[int, Within(1, POOL), NUMBER_OR_AUTO] = 2
    """Photos of each kind a step; BatchNorm in shuffle_unet wants more than one."""
    learning_rate: Rate = 2e-4
    """Adam's step."""
    beta_1: Decay = 0.5
    """Adam's momentum."""
    ema: Decay = 0.999
    """Decay a step of the averaged weights that are exported; 0 exports the last weights."""

    task = IMAGE_TO_IMAGE
    shown = {"a_to_b": 0, "b_to_a": 1}

    def open(self, data: Path, size: int | None = None) -> Dataset:
        """Open two folders of photos."""
        return open_unpaired(data, size or self.size, self.kinds)

    def build(self, size: int, seed: int) -> AdversarialModel:
        """Build the untrained networks for photos of `size` px."""
        return CycleGANModel(self, size, seed)

    def build_generator(self, size: int, seed: int) -> keras.Model:
        """Build one of the two that are shown and exported: [B, S, S, 3] in [-1, 1] to the same."""
        if self.generator == "resnet":
            return resnet(size, width=self.width, blocks=self.blocks)
        return shuffle_unet(size, width=self.width)

    def optimizer(self) -> keras.optimizers.Optimizer:
        """One Adam for both players, averaging the weights when asked."""
        return adam(self.learning_rate, self.beta_1, self.ema)


# python -m training fit cyclegan --data flowers-cc-by --kinds dandelion sunflower --licence "CC
# BY 2.0" --images 20000 --epoch-images 2000
# 53 minutes on one core without AMX; KID share: 0.822, 0.733.
PRESETS = {
    "fast": CycleGAN(),
    "paper": CycleGAN(
        size=256,
        generator="resnet",
        width=64,
        blocks=9,
        discriminator_width=64,
        cycle=10.0,
        identity=5.0,
        batch=1,
        ema=0.0,
    ),
}


class CycleGANModel(AdversarialModel):
    """Two generators against two discriminators, on batches (a, b) of uint8 [B, S, S, 3]."""

    def __init__(self, options: CycleGAN, size: int, seed: int):
        self.options = options

        def discriminator() -> keras.Model:
            width = options.discriminator_width
            return patchgan(size, width=width, conditional=False, norm=InstanceNorm)

        generators = {name: options.build_generator(size, seed) for name in options.shown}
        discriminators = {f"discriminator_{kind}": discriminator() for kind in "ab"}
        super().__init__(
            networks=generators | discriminators,
            players={"generators": list(generators), "discriminators": list(discriminators)},
            logs=("cycle", "identity") if options.identity else ("cycle",),
            seed=seed,
        )
        self.augmentation = Augmentation(zoom_max=30 / 256, flip=True)
        self.pools = [ImagePool(POOL, size, seed + number) for number in range(2)]

    def losses(self, batch):
        """One loss a player: pass for the other kind and come back; tell real from generated."""
        # Chance brought a and b together, so that sharing a zoom ties them to nothing.
        a, b = map(to_network, self.augmentation(batch[:2], self.random))
        a_to_b, b_to_a = self.networks["a_to_b"], self.networks["b_to_a"]
        fake_b, fake_a = a_to_b(a, training=True), b_to_a(b, training=True)
        back_a, back_b = b_to_a(fake_b, training=True), a_to_b(fake_a, training=True)
        logs = {"cycle": losses.l1_loss(a, back_a) + losses.l1_loss(b, back_b)}
        generators_loss = self.options.cycle * logs["cycle"]
        if self.options.identity:
            same_a, same_b = b_to_a(a, training=True), a_to_b(b, training=True)
            logs["identity"] = losses.l1_loss(a, same_a) + losses.l1_loss(b, same_b)
            generators_loss += self.options.identity * logs["identity"]
        discriminators_loss = 0.0
        for discriminator, pool, real, fake in (
            (self.networks["discriminator_a"], self.pools[0], a, fake_a),
            (self.networks["discriminator_b"], self.pools[1], b, fake_b),
        ):
            fake_logits = discriminator(fake, training=True)[-1]
            generators_loss += losses.lsgan_generator_loss(fake_logits)
            discriminators_loss += losses.lsgan_discriminator_loss(
                discriminator(real, training=True)[-1], discriminator(pool(fake), training=True)[-1]
            )
        return {"generators": generators_loss, "discriminators": discriminators_loss}, logs
