"""Random zoom, shift and flip, the same for pictures that belong together.

This is part of the compiled step.

Everything here is separable, so it is one interpolation matrix for the rows and one
for the columns: two batched matrix products on either backend, with no gather, which neither
runs fast.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How far a pair is changed at random. All zero: not at all."""

    zoom_min: float = 0.0
    """Least enlargement; 30/256 is the 286 to 256 px jitter of pix2pix when zoom_max is too. Below
    0 pairs are made smaller, to -0.5, half of the size; they then stand beside their mirror images.
    """
    zoom_max: float = 0.0
    """Greatest enlargement, as a share of the size; sampled anew for each pair."""
    shift: float = 0.0
    """Greatest shift beyond what the zoom leaves room for, as a share; borders are mirrored."""
    flip: bool = False
    """Mirror left to right half of the time."""

    def __call__(self, pictures: Sequence[Any], seed: keras.random.SeedGenerator) -> list[Any]:
        """Change all alike: uint8 or float [B, H, W, 3] in 0..255 -> float32, same range."""
        # One tensor of three channels each, so that no random number can differ between them.
        joined = ops.concatenate([ops.cast(each, "float32") for each in pictures], axis=-1)
        batch, (height, width) = ops.shape(joined)[0], joined.shape[1:3]
        if self.zoom_min or self.zoom_max or self.shift or self.flip:
            zoom = 1.0 + keras.random.uniform((batch, 1), self.zoom_min, self.zoom_max, seed=seed)
            rows = _resampling(zoom, self._offsets(zoom, batch, height, seed), height, None)
            flips = self.flip and keras.random.uniform((batch, 1), seed=seed) < 0.5
            columns = _resampling(
                zoom,
                self._offsets(zoom, batch, width, seed),
                width,
                flips if self.flip else None,
            )
            joined = ops.einsum("byi,bijc->byjc", rows, joined)
            joined = ops.einsum("bxj,byjc->byxc", columns, joined)
        return ops.split(joined, len(pictures), axis=-1)

    def _offsets(self, zoom, batch, size, seed):
        """Where the window starts in the source, in pixels: [B, 1]."""
        spare = size - size / zoom  # What a zoomed picture has beyond the window; or lacks.
        slack = self.shift * size
        place = keras.random.uniform((batch, 1), seed=seed)
        return place * (spare + 2 * slack) - slack


def _resampling(zoom, offset, size: int, flips):
    """Bilinear interpolation matrices [B, size, size]: row i holds the weights of output pixel i.

    zoom and offset (source pixels) are [B, 1]; flips a boolean [B, 1] or None.
    """
    grid = ops.arange(size, dtype="float32")
    centres = (grid[None] + 0.5) / zoom + offset - 0.5
    # Mirror at both borders; one reflection is enough, since windows never leave by more: at half
    # the size they are twice as long, and cover the picture.
    centres = ops.abs(centres)
    centres = (size - 1) - ops.abs((size - 1) - centres)
    if flips is not None:
        centres = ops.where(flips, ops.flip(centres, axis=1), centres)
    # What is made smaller is averaged over all the pixels that become one.
    zoom = zoom[..., None]
    weights = ops.relu(1.0 - ops.minimum(zoom, 1.0) * ops.abs(centres[..., None] - grid))
    return weights / ops.where(zoom < 1.0, ops.sum(weights, axis=-1, keepdims=True), 1.0)
