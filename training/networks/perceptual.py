"""A trained eye on drawn photos: how far from the real ones they are, and do they pass for real?"""

from pathlib import Path
from typing import Any

import keras
from keras import ops

from training import losses
from training.networks.projected import projected
from training.networks.squeezenet import squeezenet


class Eye:
    """SqueezeNet, frozen, and if asked small discriminators in its features, `judges`."""

    def __init__(self, size: int, weights: Path, *, judged: bool):
        """Build the networks for pictures of `size` px, and read SqueezeNet's weights.

        Raises:
            UserError: no file at `weights`, or one of another network.
        """
        # Half the size costs a quarter of the time; finer texture is the PatchGAN's to judge.
        self.network = squeezenet(size // 2, weights)
        self.judges: keras.Model | None = None
        if judged:
            shapes = [features.shape[1:] for features in self.network.outputs]
            self.judges = projected(shapes, size // 2)

    def look(
        self, sketch: Any, photo: Any, drawn: Any, target: Any, adversarial: losses.Adversarial
    ) -> tuple[Any, Any, Any]:
        """Compare the features of photos and drawn ones, float [B, S, S, 3] in [-1, 1].

        Gives the distance of what is drawn to `target`, the photo or what a teacher drew, then the
        generator's and the judges' adversarial losses, means over the judges; 0 without any.
        """
        taught = None if target is photo else ops.average_pool(target, 2, 2)
        sketch, photo, drawn = (ops.average_pool(x, 2, 2) for x in (sketch, photo, drawn))
        real, fake = self.network(photo, training=False), self.network(drawn, training=False)
        near = real if taught is None else self.network(taught, training=False)
        distance = losses.perceptual_loss(near, fake)
        if self.judges is None:
            return distance, 0.0, 0.0
        real_logits = self.judges([sketch, *real], training=True)
        fake_logits = self.judges([sketch, *fake], training=True)
        fooling = [adversarial.generator(fake) for fake in fake_logits]
        telling = map(adversarial.discriminator, real_logits, fake_logits)
        return distance, sum(fooling) / len(fooling), sum(telling) / len(fooling)
