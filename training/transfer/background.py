"""Blur generated pictures where their sketch is empty, as prepare/background.py does photos."""

from typing import Any

from keras import ops

from training.pixels import from_network
from training.prepare.background import DRAWN

CELLS = 64  # A side, to blur in: of 4 px for 256 px pictures.
SURROUND = 7  # Cells: an empty place this near to strokes on two sides is part of what they draw.
# Of a 3 x 3 mean: deviations of 3.3 px and 7.3 px for 256 px pictures.
NEAR_PASSES, FAR_PASSES = 1, 5
HALFWAY = 7  # Cells from a stroke to where near and far are mixed in equal parts.


def blur_where_empty(sketch: Any, photo: Any) -> Any:
    """Blur `photo` where nobody drew, the more the farther from any stroke of `sketch`.

    Both float [B, S, S, 3] in [-1, 1], the sketch on a black canvas; gives the same of the photo.
    What strokes surround, as an outline does its petal, stays sharp. What is blurred is averaged
    with other empty parts only: a red flower leaves no red halo.
    """
    size = photo.shape[1]
    cell = max(1, size // CELLS)
    # Pixels are whole: half a value more, so that rounding does not decide.
    stroke = from_network(ops.max(sketch, axis=3, keepdims=True)) > DRAWN + 0.5
    drawn = _dilate(ops.cast(stroke, photo.dtype), 0, cell)
    drawn = 1 - _dilate(1 - _dilate(drawn, SURROUND), SURROUND)
    empty = 1 - _mean(_dilate(drawn, 1))  # 0 on what is drawn, 1 from three cells on
    far_away = 1 - _mean(_dilate(drawn, HALFWAY), 2 * HALFWAY - 3)

    weight = empty + 1e-4
    weighted = ops.concatenate([_mean(photo, cell, cell) * weight, weight], axis=3)
    near = _mean_often(weighted, NEAR_PASSES)
    far = _mean_often(near, FAR_PASSES - NEAR_PASSES)
    near, far = (x[..., :3] / x[..., 3:] for x in (near, far))
    blurred = near + far_away * (far - near)
    if cell > 1:
        blurred, empty = (
            ops.image.resize(x, (size, size), data_format="channels_last") for x in (blurred, empty)
        )
    return photo + empty * (blurred - photo)


def _dilate(x: Any, reach: int, strides: int = 1) -> Any:
    """The greatest value within `reach` cells."""
    return ops.max_pool(x, max(2 * reach + 1, strides), strides, "same")


def _mean(x: Any, side: int = 3, strides: int = 1) -> Any:
    return ops.average_pool(x, side, strides, "same")


def _mean_often(x: Any, passes: int) -> Any:
    for _ in range(passes):
        x = _mean(x)
    return x
