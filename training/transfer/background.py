"""Blur generated pictures where their sketch is empty, as prepare/background.py does photos."""

from typing import Any

from keras import ops

from training.look.backdrop import cell_size, dilate, drawn_cells, enlarged

# Of a 3 x 3 mean: deviations of 3.3 px and 7.3 px for 256 px pictures.
NEAR_PASSES, FAR_PASSES = 1, 5
HALFWAY = 7  # Cells from a stroke to where near and far are mixed in equal parts.


def blur_where_empty(sketch: Any, photo: Any) -> Any:
    """Blur `photo` where nobody drew, the more the farther from any stroke of `sketch`.

    Both float [B, H, W, 3] in [-1, 1], the sketch on a black canvas; gives the same of the photo.
    What strokes surround, as an outline does its petal, stays sharp. What is blurred is averaged
    with other empty parts only: a red flower leaves no red halo.
    """
    cell = cell_size(photo)
    drawn = ops.cast(drawn_cells(sketch), photo.dtype)
    empty = 1 - _mean(dilate(drawn, 1))  # 0 on what is drawn, 1 from three cells on
    far_away = 1 - _mean(dilate(drawn, HALFWAY), 2 * HALFWAY - 3)

    weight = empty + 1e-4
    weighted = ops.concatenate([_mean(photo, cell, cell) * weight, weight], axis=3)
    near = _mean_often(weighted, NEAR_PASSES)
    far = _mean_often(near, FAR_PASSES - NEAR_PASSES)
    near, far = (x[..., :3] / x[..., 3:] for x in (near, far))
    blurred = near + far_away * (far - near)
    blurred, empty = (enlarged(x, photo) for x in (blurred, empty))
    return photo + empty * (blurred - photo)


def _mean(x: Any, side: int = 3, strides: int = 1) -> Any:
    return ops.average_pool(x, side, strides, "same")


def _mean_often(x: Any, passes: int) -> Any:
    for _ in range(passes):
        x = _mean(x)
    return x
