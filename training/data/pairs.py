"""Pairs as files: two of them with equal names, or one side-by-side image."""

from pathlib import Path

import numpy as np
from PIL import Image

from training.data.photos import SUFFIXES, UnreadablePhoto, load_image, load_photo, to_square
from training.errors import UserError

SPLITS = ("train", "test")
SIDES = ("input", "target")


def read_pair(files: tuple[Path, Path], size: int, layout: str) -> tuple[np.ndarray, np.ndarray]:
    """Input and target of one pair, each uint8 [size, size, 3].

    `files` are the two files, or twice the same side-by-side image: `layout` "ab" has the input
    on the left, "ba" on the right. Raises `UnreadablePhoto`.
    """
    if files[0] != files[1]:
        return load_photo(files[0], size), load_photo(files[1], size)
    left, right = split_halves(files[0], size)
    return (right, left) if layout == "ba" else (left, right)


def split_halves(path: Path, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Left and right half of a side-by-side image, each uint8 [size, size, 3]."""
    image = load_image(path, size)
    width, height = image.size
    if width < 2 * height * 0.9:
        raise UnreadablePhoto(f"{width}x{height} pixels: expected two pictures side by side")
    left = image.crop((0, 0, width // 2, height))
    right = image.crop((width - width // 2, 0, width, height))
    return to_square(left, size), to_square(right, size)


def match_names(
    inputs: Path, targets: Path, strict: bool = True
) -> list[tuple[str, tuple[Path, Path]]]:
    """Pair the files of two folders by name; if `strict`, `UserError` names those left over."""
    sides = [{p.name for p in side.iterdir() if is_picture(p)} for side in (inputs, targets)]
    lonely = sorted(sides[0] ^ sides[1])
    if lonely and strict:
        more = f" and {len(lonely) - 3} more" if len(lonely) > 3 else ""
        raise UserError(
            f"expected equal file names in {inputs} and {targets}; "
            f"only one of them has {', '.join(lonely[:3])}{more}"
        )
    return [(name, (inputs / name, targets / name)) for name in sorted(sides[0] & sides[1])]


def is_picture(path: Path) -> bool:
    """Whether a path is a visible file with a picture's suffix."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def pair_sheet(pairs: list[tuple[Path, Path]], cell: int = 128, columns: int = 8) -> Image.Image:
    """Inputs above their targets, `cell` px each: the picture of a dataset to look at."""
    columns = min(columns, len(pairs))
    sheet = Image.new("RGB", (cell * columns, 2 * cell * -(-len(pairs) // columns)))
    for place, pair in enumerate(pairs):
        row, column = divmod(place, columns)
        for below, path in enumerate(pair):
            with Image.open(path) as image:
                small = image.resize((cell, cell), Image.Resampling.LANCZOS)
            sheet.paste(small, (column * cell, (2 * row + below) * cell))
    return sheet
