"""Describe a photo in six numbers, and change it to other ones: plain arithmetic over its pixels.

`demo/pad/look.js` describes as this does, for a look that is taken from a photo.
"""

from typing import Any

import numpy as np
from keras import ops

from training.look.backdrop import backdrop_share, cell_size

# Of what nobody drew, in pixels of 0..1. The first three are of the mean colour: luma, red less
# blue, green less the mean of these two. Then the standard deviation of luma, and how much lighter
# it is at the upper border than in the middle, and at the right one.
DESCRIBED = ("light", "warmth", "green", "contrast", "from_above", "from_right")
# Of what is drawn, and relative: how colourful and how sharp, where 0 is as it was photographed.
RELATIVE = ("colour", "detail")

LUMA = (0.299, 0.587, 0.114)
COLOUR, DETAIL = 0.25, 1.0  # Change at 1: of chroma, and of what is finer than a 3 x 3 mean.
RATIO = (0.5, 2.0)  # Contrast is made so many times as strong, and no more: noise is not a subject.


def describe(photo: Any, drawn: Any) -> Any:
    """Describe what nobody drew, in the order of `DESCRIBED`: float [B, 6].

    Photos float [B, H, W, 3] in [-1, 1]; `drawn` as `drawn_cells` gives it. Cells of a picture that
    is drawn all over count alike.
    """
    cell = cell_size(photo)
    cells = (ops.average_pool(photo, cell, cell) + 1) / 2
    weight = _weight(drawn)
    colour = _mean(cells, weight)
    red, green, blue = ops.split(colour, 3, axis=1)
    across, down = _places(cells, weight)
    light = _luma(cells) - _flat(_mean(_luma(cells), weight))
    xx, xy, yy = (_mean(a * b, weight) for a, b in ((across, across), (across, down), (down, down)))
    x, y = _mean(light * across, weight), _mean(light * down, weight)
    scale = ops.maximum(xx * yy - xy * xy, 1e-6)
    right, below = (yy * x - xy * y) / scale, (xx * y - xy * x) / scale
    rest = light - across * _flat(right) - down * _flat(below)
    contrast = ops.sqrt(_mean(rest * rest, weight) + 1e-8)
    luma = _luma(colour)
    return ops.concatenate(
        [luma, red - blue, green - (red + blue) / 2, contrast, -below, right], axis=1
    )


def change(photo: Any, drawn: Any, own: Any, wanted: Any, relative: Any) -> Any:
    """Change photos of the description `own` to `wanted`, [B, 6] each, and by `relative` [B, 2].

    Photos float [B, H, W, 3] in [-1, 1]; gives the same. What is drawn keeps its place.
    """
    pixels, cell = (photo + 1) / 2, cell_size(photo)
    # As in cells, so that each describes itself.
    places = _places(photo, _weight(ops.repeat(ops.repeat(drawn, cell, 1), cell, 2)))
    ratio = ops.clip(wanted[:, 3:4] / ops.maximum(own[:, 3:4], 0.01), *RATIO)
    backdrop = _plane(wanted, *places) + _flat(ratio) * (pixels - _plane(own, *places))
    colour, detail = _flat(relative[:, 0:1]), _flat(relative[:, 1:2])
    luma = _luma(pixels)
    thing = luma + (1 + COLOUR * colour) * (pixels - luma)
    thing = thing + DETAIL * detail * (pixels - ops.average_pool(pixels, 3, 1, "same"))
    share = backdrop_share(pixels, drawn)
    return 2 * ops.clip(thing + share * (backdrop - thing), 0.0, 1.0) - 1


def _plane(values: Any, across: Any, down: Any) -> Any:
    """The light of a description: its mean colour, and what comes from a side; [B, H, W, 3]."""
    light, warmth, green = (values[:, i : i + 1] for i in range(3))
    middle = light - LUMA[1] * green - (LUMA[0] - LUMA[2]) / 2 * warmth
    colour = ops.concatenate([middle + warmth / 2, middle + green, middle - warmth / 2], axis=1)
    slope = across * _flat(values[:, 5:6]) - down * _flat(values[:, 4:5])
    return ops.reshape(colour, (-1, 1, 1, 3)) + slope


def _weight(drawn: Any) -> Any:
    return 1 - drawn + 1e-4


def _luma(pixels: Any) -> Any:
    return ops.sum(pixels * np.array(LUMA, np.float32), axis=-1, keepdims=True)


def _mean(x: Any, weight: Any) -> Any:
    """Weighted mean over places: [B, h, w, K] to [B, K]."""
    return ops.sum(x * weight, axis=(1, 2)) / ops.sum(weight, axis=(1, 2))


def _places(picture: Any, weight: Any) -> tuple[Any, Any]:
    """How far each place is right of, and below, the middle of those that count, of -1..1."""
    height, width = picture.shape[1:3]
    across = ops.reshape(_line(width), (1, 1, width, 1)) + ops.zeros((1, height, 1, 1))
    down = ops.reshape(_line(height), (1, height, 1, 1)) + ops.zeros((1, 1, width, 1))
    return across - _flat(_mean(across, weight)), down - _flat(_mean(down, weight))


def _line(count: int) -> Any:
    return (ops.arange(count, dtype="float32") + 0.5) * (2 / count) - 1


def _flat(values: Any) -> Any:
    """[B, 1] as [B, 1, 1, 1]."""
    return ops.reshape(values, (-1, 1, 1, 1))
