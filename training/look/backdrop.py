"""What nobody drew: the cells that a sketch leaves empty, and their share of the pixels."""

from typing import Any

from keras import ops

from training.canvas import DRAWN
from training.pixels import from_network

CELLS = 64  # On the shorter side, or a few more: of 4 px for 256 px pictures.
SURROUND = 7  # Cells: an empty place this near to strokes on two sides is part of what they draw.
SURE = 2  # Cells from the border of what is drawn, inside, to where nothing behind shows through,
CLEAR = 3  # and outside, to where nothing of the thing is left.
NEAR, FAR = 9, 25  # Cells a side, over which the colours around a pixel are taken.
EVEN = 0.01  # Difference of colours, squared, below which a pixel's place says more.


def cell_size(picture: Any) -> int:
    """Pixels a side of a cell, in pictures [B, H, W, C]: it divides height and width."""
    height, width = picture.shape[1:3]
    cell = max(1, min(height, width) // CELLS)
    while height % cell or width % cell:
        cell -= 1
    return cell


def drawn_cells(sketch: Any) -> Any:
    """Tell which cells are drawn on, or inside of what is, with 1; others have 0.

    The sketch float [B, H, W, 3] in [-1, 1], on a black canvas; gives float [B, h, w, 1], of 64
    cells a side, or as many as there are pixels.
    """
    # Pixels are whole: half a value more, so that rounding does not decide.
    stroke = from_network(ops.max(sketch, axis=3, keepdims=True)) > DRAWN + 0.5
    drawn = dilate(ops.cast(stroke, "float32"), 0, cell_size(sketch))
    return 1 - dilate(1 - dilate(drawn, SURROUND), SURROUND)


def backdrop_share(pixels: Any, drawn: Any) -> Any:
    """How much of each pixel is behind the thing, [B, H, W, 1] in 0..1: by its place, or colour.

    A hand draws beside the edges of a thing: near the border of what is `drawn`, [B, h, w, 1], it
    is the colour of a pixel, [B, H, W, 3], that tells: more like what is clear of the border
    outside, or inside.
    """
    cell = cell_size(pixels)
    thing = 1 - dilate(1 - drawn, SURE)
    clear = 1 - dilate(drawn, CLEAR)
    cells = ops.average_pool(pixels, cell, cell)
    of_thing = _around(cells, thing + 1e-3 * drawn)
    of_backdrop = _around(cells, clear + 1e-3 * (1 - drawn))
    of_thing, of_backdrop, thing, clear, outside = (
        enlarged(x, pixels) for x in (of_thing, of_backdrop, thing, clear, 1 - drawn)
    )
    apart = of_backdrop - of_thing
    along = ops.sum((pixels - of_thing) * apart, axis=3, keepdims=True)
    square = ops.sum(apart * apart, axis=3, keepdims=True)
    share = ops.clip((along + EVEN * outside) / (square + EVEN), 0.0, 1.0)
    share = share * share * (3 - 2 * share)  # Of a mixture at an edge the purer part.
    return share * (1 - thing) * (1 - clear) + clear


def dilate(x: Any, reach: int, strides: int = 1) -> Any:
    """The greatest value within `reach` cells."""
    return ops.max_pool(x, max(2 * reach + 1, strides), strides, "same")


def enlarged(x: Any, picture: Any) -> Any:
    """Cells as the pixels of a picture [B, H, W, C], bilinear: [B, h, w, K] to [B, H, W, K]."""
    height, width = picture.shape[1:3]
    if x.shape[1] == height:
        return x
    return ops.image.resize(x, (height, width), data_format="channels_last")


def _around(cells: Any, weight: Any) -> Any:
    """The weighted mean of the cells around each, or of those farther away where there are none."""
    both = ops.concatenate([cells * weight, weight], axis=3)
    total = 1e-6 * ops.mean(both, axis=(1, 2), keepdims=True)
    for side, share in ((NEAR, 1.0), (FAR, 1e-3)):
        rows = ops.average_pool(both, (side, 1), 1, "same")
        total = total + share * ops.average_pool(rows, (1, side), 1, "same")
    return total[..., :3] / (total[..., 3:] + 1e-12)
