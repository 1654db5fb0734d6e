"""Coarse to fine: a training for a time begins with its pictures at half their size.

A step costs a quarter of what it costs later, and what is where and of which colour is learned in
it as well. The weights are the same at both sizes, so that the second stage goes on from the
checkpoint of the first. `progressive` grows its network by layers; here nothing grows.
"""

import dataclasses
from typing import Any

from training.networks.generators import ANY_SIZE
from training.runs.options import FitOptions
from training.size import Size, from_json, sides, size_of, to_json

SHARE = 0.4  # Of the time.
CHEAPER = 4  # As many pictures at half the size take the time of one.
LEAST_SIDE = 256  # px; what is smaller shows too little at half its size.
LEAST_MINUTES = 10.0  # A shorter time is not worth a second start.
MULTIPLE = 64  # px: of what the networks halve their pictures to, and back.


@dataclasses.dataclass(frozen=True)
class Coarse:
    """The first stage: the size of its pictures, and the seconds after which it ends."""

    size: Size
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """What a run's configuration keeps of it."""
        return {"size": to_json(self.size), "seconds": self.seconds}


def planned(recipe: Any, options: FitOptions, size: Size) -> Coarse | None:
    """Plan the first stage of a run that begins; None where it has only one.

    One that begins with weights, or learns from a teacher, knows already what is where.
    """
    if options.minutes < LEAST_MINUTES or options.start or getattr(recipe, "teacher", None):
        return None
    fits = getattr(recipe, "coarse_to_fine", False) and recipe.generator in ANY_SIZE
    if not fits or not _halves(size):
        return None
    height, width = sides(size)
    return Coarse(size_of(width // 2, height // 2), 60 * options.minutes * SHARE)


def stored(config: dict[str, Any]) -> Coarse | None:
    """Read the first stage of a run that has begun; None where it has only one."""
    kept = config.get("coarse")
    return Coarse(from_json(kept["size"]), kept["seconds"]) if kept else None


def _halves(size: Size) -> bool:
    return all(side >= LEAST_SIDE and side % (2 * MULTIPLE) == 0 for side in sides(size))
