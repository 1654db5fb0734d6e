"""Pairs as files: two of them with equal names, or one side-by-side image; and their splits."""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from training.data.found import find
from training.data.photos import UnreadablePhoto, load_image, to_size
from training.data.side_by_side import Shapes, split_halves
from training.errors import UserError
from training.size import Size, sides

SPLITS = ("train", "test")
SIDES = ("input", "target")
SAME_SHAPE = 1.02  # Width by height of one side by that of the other; more is another shape.
# What people call folders of what is held out, the first one that is there.
HELD_OUT_NAMES = ("test", "testing", "val", "valid", "validation")
TRAIN_NAMES = ("train", "training")


def split_folders(folder: Path) -> tuple[str | None, str | None]:
    """Name the folders in a folder that hold what is to train on, and what is held out.

    Capitals do not matter, but where two differ in nothing else.
    """
    known = {*TRAIN_NAMES, *HELD_OUT_NAMES}
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if e.name.casefold() in known and e.is_dir()]
    by_name = {name.casefold(): name for name in sorted(names)} | {name: name for name in names}
    train, held_out = (
        next((by_name[name] for name in wanted if name in by_name), None)
        for wanted in (TRAIN_NAMES, HELD_OUT_NAMES)
    )
    return train, held_out


def read_pair(
    files: tuple[Path, Path], size: Size, shapes: Shapes | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of one pair, each uint8 [H, W, 3] of this size, by one and the same crop.

    `files` are the two files, or twice the same side-by-side image, of whose folder `shapes` tells
    (`side_by_side`). Raises `UnreadablePhoto`, also for sides of different shape, which would not
    lie on each other.
    """
    longest = max(sides(size))
    if files[0] == files[1]:
        one, other = split_halves(load_image(files[0], longest), shapes)
    else:
        one, other = (load_image(path, longest) for path in files)
        if not 1 / SAME_SHAPE < _shape(one) / _shape(other) < SAME_SHAPE:
            sizes = " and ".join(f"{side.width}x{side.height}" for side in (one, other))
            raise UnreadablePhoto(
                f"its two sides differ in shape ({sizes}) and do not fit together"
            )
    return to_size(one, size), to_size(other, size)


def _shape(image: Image.Image) -> float:
    return image.width / image.height


def match_names(
    inputs: Path, targets: Path, strict: bool = True, left_out: Counter[str] | None = None
) -> list[tuple[str, str]]:
    """Pair the pictures below two folders by their paths there, which it gives, sorted.

    Paths are the same where they are equal; else where they differ in nothing but suffix, capitals
    and Unicode's form; else where the ones end in `_A`, the others in `_B`. If `strict`,
    `UserError` names those left over. What is no picture is added to `left_out`, by kind.
    """
    found = find(inputs), find(targets)
    names, right = found[0].names, set(found[1].names)
    if left_out is not None:
        left_out.update(found[0].left_out + found[1].left_out)
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
    """Inputs above their targets, each of this size: the picture of a dataset to look at.

    Raises `UserError` for one that cannot be read.
    """
    columns = min(columns, len(pairs))
    height, width = sides(size)
    sheet = Image.new("RGB", (width * columns, 2 * height * -(-len(pairs) // columns)))
    for place, pair in enumerate(pairs):
        row, column = divmod(place, columns)
        for below, path in enumerate(pair):
            try:
                image = load_image(path, max(width, height))
            except UnreadablePhoto as reason:
                raise UserError(
                    f"{path} is damaged ({reason}): remove it and run the same command again, "
                    "which makes it anew"
                ) from None
            small = image.resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(small, (column * width, (2 * row + below) * height))
    return sheet
