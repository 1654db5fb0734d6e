"""Pictures that hold two: told from others by their shape, or by where all of a folder part."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from PIL import Image

from training.data.photos import UnreadablePhoto, load_image
from training.errors import UserError

SEAM = 2.0  # Times as sharp as other edges: where two pictures meet.
SEAM_OF_MANY = 1.4  # The same in the mean of `MANY`, in which edges of single ones are no more.
MANY = 8
WIDE = 1.8  # Width by height from which on a picture is two unless something speaks against it.
PAPER = 24  # Of 255: what a column of empty paper may vary by, as a JPEG.
MOST = 0.6  # Share of a folder; a few things on paper leave its middle empty in a third of it.
MOST_LOOKED_AT = 64  # Pictures of a folder.
SAME = math.log(1.02)  # Shapes that differ by less are one.
_COLUMNS, _ROWS = 192, 96  # Halves and thirds of so many columns begin between two of them.
_MIDDLE, _THIRDS = _COLUMNS // 2, (_COLUMNS // 3, _COLUMNS - _COLUMNS // 3)

Source = TypeVar("Source")
# Whether pictures of a shape are two side by side, by `_shape`, where a folder tells.
Shapes: TypeAlias = Mapping[int, bool]


class _Columns(NamedTuple):
    """Of a picture of `_COLUMNS`: how much each differs from the one before, and which are paper.

    Paper is what is empty while something is to its left and to its right.
    """

    edges: np.ndarray
    paper: np.ndarray


def split_halves(image: Image.Image, shapes: Shapes | None = None) -> list[Image.Image]:
    """Left and right half of a side-by-side image. Raises `UnreadablePhoto` where it is none.

    `shapes` is what `shapes_of` tells of the images in its folder; else it decides for itself.
    """
    width, height = image.size
    shape = _shape(image)
    two = _twice_as_wide(image) or (
        shapes[shape] if shapes and shape in shapes else _are_two(shape, [_columns(image)])
    )
    if not two:
        raise UnreadablePhoto(f"{width}x{height} pixels: expected two pictures side by side")
    half = width // 2
    return [image.crop((0, 0, half, height)), image.crop((width - half, 0, width, height))]


def shapes_of(paths: Sequence[Path]) -> Shapes:
    """Tell for each shape of a folder's pictures whether they are two side by side.

    A single picture may have an edge anywhere. Where two meet, all of them have one, or on paper
    most of them have nothing. Pictures twice as wide as high need no telling. `paths` are `some_of`
    the folder's.
    """
    seen: dict[int, list[_Columns]] = {}
    for image in _loaded(paths):
        if not _twice_as_wide(image):
            seen.setdefault(_shape(image), []).append(_columns(image))
    return {shape: _are_two(shape, looks) for shape, looks in seen.items()}


def look_like_pairs(paths: Sequence[Path]) -> bool:
    """Tell whether pictures are pairs: all twice as wide as high, and parted in their middle."""
    looks = []
    for image in _loaded(paths):
        if not _twice_as_wide(image):
            return False
        looks.append(_columns(image))
    return bool(looks) and _parted(looks, (_MIDDLE,))


def some_of(sources: Sequence[Source]) -> list[Source]:
    """As many of a folder's pictures as are looked at, at equal distances."""
    places = np.linspace(0, len(sources) - 1, min(MOST_LOOKED_AT, len(sources))).astype(int)
    return [sources[place] for place in places]


def _loaded(paths: Sequence[Path]) -> Iterator[Image.Image]:
    for path in paths:
        try:
            yield load_image(path, _ROWS)
        except UserError:
            continue  # Whoever needs it says what is wrong with it.


def _twice_as_wide(image: Image.Image) -> bool:
    # A column may lie between, and a side may have been rounded.
    return abs(image.width - 2 * image.height) <= 1


def _shape(image: Image.Image) -> int:
    return round(math.log(image.width / image.height) / SAME)


def _columns(image: Image.Image) -> _Columns:
    small = image.resize((_COLUMNS, _ROWS), Image.Resampling.BOX)
    pixels = np.asarray(small.convert("RGB"), np.float32)
    edges = np.abs(np.diff(pixels, axis=1)).mean(axis=(0, 2))
    empty = np.ptp(pixels, axis=0).max(axis=-1) <= PAPER
    drawn = np.cumsum(~empty)
    return _Columns(edges, empty & (drawn > 0) & (drawn < drawn[-1]))


def _are_two(shape: int, looks: list[_Columns]) -> bool:
    if _parted(looks, (_MIDDLE,)):
        return True
    return math.exp(shape * SAME) >= WIDE and not _parted(looks, _THIRDS)


def _parted(looks: list[_Columns], places: tuple[int, ...]) -> bool:
    """Tell whether pictures meet at all these columns: by an edge in their mean, or by paper."""
    edges = np.mean([each.edges for each in looks], axis=0)
    seams = [_seam(edges, place) for place in places]
    sharp = SEAM if len(looks) < MANY else SEAM_OF_MANY
    # Two of three pictures in a row may be nearly the same where they meet.
    if max(seams) > sharp and min(seams) > sharp / 2:
        return True
    papers = [all(each.paper[p - 2 : p + 2].all() for p in places) for each in looks]
    return float(np.mean(papers)) > MOST


def _seam(edges: np.ndarray, place: int) -> float:
    """How much sharper the edge at a column is than nearly all others."""
    near = slice(place - 3, place + 2)
    rest = np.delete(edges, np.r_[near])
    return float(edges[near].max() / (np.percentile(rest, 95) + 1))
