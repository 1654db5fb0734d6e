"""How long a training is: the images to see in all, and those between two checkpoints."""

import dataclasses
import math
from typing import Any

from training.runs.options import FitOptions

IMAGES, EPOCH_IMAGES = 100_000, 4_000  # Where nothing is told.
EPOCHS = 20  # Checkpoints and sheets in a training of one stretch, if that is often enough,
LEAST_IMAGES = 400  # and not too often: each measures BatchNorm and draws a sheet for seconds.
# A training that began with something ends sooner, when it has seen all pairs so often: what it
# learns of few photos after that, it knows by heart, and others come out the worse for it. Until
# then its learning rate stays whole, unless half of the time is over: halved, colours got worse.
PASSES = 20
ENDLESS = 100_000  # Epochs, of which a time has some twenty: the clock ends them.


@dataclasses.dataclass(frozen=True)
class Length:
    """The end of a training, as far as images decide it.

    Attributes:
        images: to see in all; infinite where the clock alone ends it.
        epoch_images: between two checkpoints and sheets.
        enough: whether it ends because all pairs were seen so often that they give no more.
    """

    images: float
    epoch_images: int
    enough: bool

    def last_epoch(self, batch: int, begun: int = 0) -> int:
        """The epoch that it ends with, each of whole batches, of which `begun` are over already."""
        if math.isinf(self.images):
            return begun + ENDLESS
        return math.ceil(self.images / (self.epoch_images // batch * batch))


def length_of(
    options: FitOptions, begun: dict[str, Any] | None, starts: bool, batch: int, pairs: int
) -> Length:
    """Complete what the options tell of the length.

    Args:
        options: with neither `images` nor `epoch_images` where there are `minutes`.
        begun: the configuration of the run that goes on, if one does.
        starts: whether it began with what something else has learned.
        batch: of a step.
        pairs: to train on.

    Returns:
        The length; `epoch_images` is planned later where `minutes` begin.
    """
    before = begun["epoch_images"] if begun else None
    enough = PASSES * pairs if starts else math.inf
    usual = max(EPOCH_IMAGES, batch)
    if options.minutes:
        return Length(enough, before or usual, starts)
    short = not options.images and enough <= IMAGES
    images = options.images or min(enough, IMAGES)
    if short:
        usual = _stretch(PASSES * pairs, batch)
    return Length(images, options.epoch_images or before or usual, short)


def _stretch(images: int, batch: int) -> int:
    """A share of so many images, in whole batches: rounded up, so that no epoch is a small rest."""
    share = min(EPOCH_IMAGES, max(LEAST_IMAGES, images / EPOCHS))
    return math.ceil(images / math.ceil(images / share) / batch) * batch
