"""Pairs as files: two of them with equal names, or one side-by-side image."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from training.data.found import find
from training.data.photos import UnreadablePhoto, load_image, to_size
from training.errors import UserError
from training.size import Size, sides

SPLITS = ("train", "test")
SIDES = ("input", "target")
SAME_SHAPE = 1.02  # Width by height of one side by that of the other; more is another shape.
SEAM = 2.0  # Times as sharp as other edges: where two pictures meet.


def read_pair(files: tuple[Path, Path], size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of one pair, each uint8 [H, W, 3] of this size, by one and the same crop.

    `files` are the two files, or twice the same side-by-side image. Raises `UnreadablePhoto`, also
    for sides of different shape, which would not lie on each other.
    """
    longest = max(sides(size))
    if files[0] == files[1]:
        one, other = split_halves(load_image(files[0], longest))
    else:
        one, other = (load_image(path, longest) for path in files)
        if not 1 / SAME_SHAPE < _shape(one) / _shape(other) < SAME_SHAPE:
            sizes = " and ".join(f"{side.width}x{side.height}" for side in (one, other))
            raise UnreadablePhoto(
                f"its two sides differ in shape ({sizes}) and do not fit together"
            )
    return to_size(one, size), to_size(other, size)


def split_halves(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Left and right half of a side-by-side image. Raises `UnreadablePhoto` where it is none."""
    width, height = image.size
    half = width // 2
    edges = _edges(image)
    middle, thirds = _seam(edges, 1 / 2), max(_seam(edges, 1 / 3), _seam(edges, 2 / 3))
    if thirds > SEAM > middle or (width < 2 * height * 0.9 and middle < SEAM):
        raise UnreadablePhoto(f"{width}x{height} pixels: expected two pictures side by side")
    return image.crop((0, 0, half, height)), image.crop((width - half, 0, width, height))


def _edges(image: Image.Image) -> np.ndarray:
    """How much each column of pixels differs from the one before it, [width - 1]."""
    pixels = np.asarray(image, np.float32)
    return np.abs(np.diff(pixels, axis=1)).mean(axis=(0, 2))


def _seam(edges: np.ndarray, place: float) -> float:
    """How much sharper the edge at a share of the width is than nearly all others."""
    at = round(place * (len(edges) + 1))
    near = slice(max(0, at - 3), at + 2)
    rest = np.delete(edges, np.r_[near])
    return float(edges[near].max() / (np.percentile(rest, 95) + 1))


def _shape(image: Image.Image) -> float:
    return image.width / image.height


def match_names(inputs: Path, targets: Path, strict: bool = True) -> list[tuple[str, str]]:
    """Pair the pictures below two folders by their paths there, which it gives, sorted.

    Paths are the same where they are equal; else where they differ in nothing but suffix, capitals
    and Unicode's form; else where the ones end in `_A`, the others in `_B`. If `strict`,
    `UserError` names those left over.
    """
    names = find(inputs).names
    right = set(find(targets).names)
    pairs = [(name, name) for name in names if name in right]
    left = {name for name in names if name not in right}
    right.difference_update(names)
    for key in (_stem, _without_letter):
        sides = [_unique(side, key) for side in (left, right)]
        matched = [(sides[0][same], sides[1][same]) for same in sides[0].keys() & sides[1].keys()]
        pairs += matched
        left.difference_update(name for name, _ in matched)
        right.difference_update(name for _, name in matched)
    lonely = sorted([*left, *right])
    if lonely and strict:
        more = f" and {len(lonely) - 3} more" if len(lonely) > 3 else ""
        raise UserError(
            f"expected equal file names in {inputs} and {targets}; "
            f"only one of them has {', '.join(lonely[:3])}{more}"
        )
    return sorted(pairs)


def _stem(name: str) -> str:
    return unicodedata.normalize("NFC", str(PurePosixPath(name).with_suffix(""))).casefold()


def _without_letter(name: str) -> str:
    return re.sub(r"[ _-][ab]$", "", _stem(name))


def _unique(names: Iterable[str], key: Callable[[str], str]) -> dict[str, str]:
    """The names by their keys, without those that share one."""
    counts = Counter(map(key, names))
    return {key(name): name for name in names if counts[key(name)] == 1}


def pair_sheet(pairs: list[tuple[Path, Path]], size: Size, columns: int = 8) -> Image.Image:
    """Inputs above their targets, each of this size: the picture of a dataset to look at."""
    columns = min(columns, len(pairs))
    height, width = sides(size)
    sheet = Image.new("RGB", (width * columns, 2 * height * -(-len(pairs) // columns)))
    for place, pair in enumerate(pairs):
        row, column = divmod(place, columns)
        for below, path in enumerate(pair):
            with Image.open(path) as image:
                small = image.resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(small, (column * width, (2 * row + below) * height))
    return sheet
