"""The perceptual networks: losses in the features that others have learned."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from keras import ops

from training import losses
from training.networks.lite0 import lite0
from training.networks.projected import projected
from training.networks.squeezenet import squeezenet
from training.size import Size, sides, size_of


class PerceptualNetwork:
    """SqueezeNet, frozen, and if asked small discriminators in its features (Projected GAN).

    And in those of EfficientNet-Lite0, which has seen more and keeps it finer, where it is given.
    """

    def __init__(self, size: Size, weights: Path, second: Path | None, *, discriminate: bool):
        """Build the networks for pictures of a size, and read SqueezeNet's weights, and Lite0's.

        Raises:
            UserError: no file there, or one of another network.
        """
        # Half the size costs a quarter of the time; finer texture is the PatchGAN's to tell.
        height, width = sides(size)
        half = size_of(width // 2, height // 2)
        self.features = squeezenet(half, weights)
        self.second = lite0(half, second) if second and discriminate else None
        self.discriminators: keras.Model | None = None
        if discriminate:
            networks = [self.features, *([self.second] if self.second else [])]
            shapes = [features.shape[1:] for each in networks for features in each.outputs]
            self.discriminators = projected(shapes, half)

    def losses(
        self, sketch: Any, photo: Any, generated: Any, target: Any, adversarial: losses.Adversarial
    ) -> tuple[Any, Any, Any]:
        """Compare photos and generated ones in the features, float [B, S, S, 3] in [-1, 1].

        Gives the perceptual loss of what is generated to `target`, the photo or what a teacher
        generated; then the generator's and the discriminators' adversarial losses, means over the
        discriminators; 0 without any.
        """
        taught = None if target is photo else ops.average_pool(target, 2, 2)
        sketch, photo, generated = (ops.average_pool(x, 2, 2) for x in (sketch, photo, generated))
        real = self.features(photo, training=False)
        fake = self.features(generated, training=False)
        near = real if taught is None else self.features(taught, training=False)
        perceptual_loss = losses.perceptual_loss(near, fake)
        if self.discriminators is None:
            return perceptual_loss, 0.0, 0.0
        if self.second:
            real = [*real, *self.second(photo, training=False)]
            fake = [*fake, *self.second(generated, training=False)]
        real_logits = self.discriminators([sketch, *real], training=True)
        fake_logits = self.discriminators([sketch, *fake], training=True)
        count = len(fake_logits)
        generator_loss = sum(adversarial.generator(logits) for logits in fake_logits) / count
        discriminator_loss = sum(map(adversarial.discriminator, real_logits, fake_logits)) / count
        return perceptual_loss, generator_loss, discriminator_loss


def perceptual_network(
    size: Size, weights: Sequence[Path | None], perceptual: float, projected: float
) -> PerceptualNetwork | None:
    """Build what the weights of the two losses ask for; None where that, or a file, is nothing.

    Of the files the first is SqueezeNet's, and the second EfficientNet-Lite0's.

    Raises:
        UserError: as `PerceptualNetwork` does.
    """
    first, second = weights
    if first is None or not (perceptual or projected):
        return None
    return PerceptualNetwork(size, first, second, discriminate=projected > 0)
