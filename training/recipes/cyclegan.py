"""CycleGAN: from one kind of photo to another, without pairs (Zhu et al. 2017, 1703.10593)."""

import dataclasses
from pathlib import Path
from typing import Literal

import keras

from training import losses
from training.adversarial import AdversarialModel, adam
from training.augment import Augmentation
from training.data.datasets import Dataset
from training.data.folders import open_unpaired
from training.networks.image_pool import ImagePool
from training.networks.normalization import InstanceNorm
from training.networks.patchgan import patchgan
from training.networks.resnet import resnet
from training.networks.shuffle_unet import shuffle_unet

POOL = 50  # Drawn pictures that a discriminator is reminded of.


@dataclasses.dataclass(frozen=True)
class CycleGAN:
    """Options of CycleGAN; the defaults are the preset `fast`."""

    kinds: tuple[str, ...] = ()
    """Names of the two folders in --data, where it holds others, too."""
    size: int = 128
    """Side of the photos in px."""
    generator: Literal["shuffle_unet", "resnet"] = "shuffle_unet"
    """Generators: shuffle_unet is small and fast, resnet is the published one."""
    width: int = 32
    """Width of the generators' first stage; 64 for resnet as published."""
    blocks: int = 6
    """Residual blocks of resnet: 6 for 128 px, 9 for 256 px as published."""
    discriminator_width: int = 24
    """Width of the PatchGANs' first block; 64 as published."""
    cycle: float = 5.0
    """Weight of coming back to the photo that one set out from; 10 as published."""
    identity: float = 1.0
    """Weight of leaving a photo of the other kind as it is: 5 as published changed little for long,
    0 drew negatives."""
    batch: int = 2
    """Photos of each kind a step; BatchNorm in shuffle_unet wants more than one."""
    learning_rate: float = 2e-4
    """Adam's step."""
    beta_1: float = 0.5
    """Adam's momentum."""
    ema: float = 0.999
    """Decay a step of the averaged weights that are exported; 0 exports the last weights."""

    task = "image-to-image"
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

        def judge() -> keras.Model:
            width = options.discriminator_width
            return patchgan(size, width=width, conditional=False, norm=InstanceNorm)

        generators = {name: options.build_generator(size, seed) for name in options.shown}
        judges = {"judge_a": judge(), "judge_b": judge()}
        super().__init__(
            networks=generators | judges,
            players={"generators": list(generators), "judges": list(judges)},
            logs=("cycle", "identity") if options.identity else ("cycle",),
            seed=seed,
        )
        self.augmentation = Augmentation(zoom_max=30 / 256, flip=True)
        self.pools = [ImagePool(POOL, size, seed + number) for number in range(2)]

    def losses(self, batch):
        """One loss a player: pass for the other kind and come back; tell real from drawn."""
        # Chance brought a and b together, so that sharing a zoom ties them to nothing.
        a, b = (x / 127.5 - 1.0 for x in self.augmentation(batch[0], batch[1], self.random))
        a_to_b, b_to_a = self.networks["a_to_b"], self.networks["b_to_a"]
        drawn_b, drawn_a = a_to_b(a, training=True), b_to_a(b, training=True)
        back_a, back_b = b_to_a(drawn_b, training=True), a_to_b(drawn_a, training=True)
        logs = {"cycle": losses.l1_loss(a, back_a) + losses.l1_loss(b, back_b)}
        generators = self.options.cycle * logs["cycle"]
        if self.options.identity:
            same_a, same_b = b_to_a(a, training=True), a_to_b(b, training=True)
            logs["identity"] = losses.l1_loss(a, same_a) + losses.l1_loss(b, same_b)
            generators += self.options.identity * logs["identity"]
        judges = 0.0
        for judge, pool, real, drawn in (
            (self.networks["judge_a"], self.pools[0], a, drawn_a),
            (self.networks["judge_b"], self.pools[1], b, drawn_b),
        ):
            generators += losses.lsgan_generator_loss(judge(drawn, training=True)[-1])
            judges += losses.lsgan_discriminator_loss(
                judge(real, training=True)[-1], judge(pool(drawn), training=True)[-1]
            )
        return {"generators": generators, "judges": judges}, logs
