"""What a dataset is made of: the pictures of a folder, each with as many drawings as are wanted."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from training.data.found import find
from training.data.known import SOURCES
from training.data.pairs import SIDES, match_names, split_folders
from training.data.photos import UnreadablePhoto, decode, to_size
from training.data.side_by_side import look_like_pairs, some_of
from training.errors import UserError
from training.prepare.sketches.scene import WORK, green_parts

AGAIN = "/again-"  # Between a photo's path and a number: another drawing of the same photo.
_LOOKED_AT = 48  # Photos from which it is told whether they are of plants.
_LEAFY = 0.12  # Share of green in the middle one of them from which on they are.


@dataclass
class Sources:
    """Every source with its two files, and what else is there, by kind.

    All of them are paths below the photos. `held_out` names the folder beside `train` that is not
    for training, where there is one.
    """

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    held_out: str | None = None


def find_sources(
    photos: Path, dataset: Path, layout: str, name: str = "", leave_out: Path | None = None
) -> Sources:
    """Find the pictures in a folder; `name` is that of a known dataset that lies there.

    A dataset in the folder of its photos is passed over, and so are the pictures that a file
    names (`prepare`). Raises `UserError` for a layout, or a file, that is not there.
    """
    sources = _all_sources(photos, dataset, layout, name)
    if leave_out is None:
        return sources
    unwanted = _named_in(leave_out)
    for source, files in list(sources.files.items()):
        if any(file in unwanted for file in files):
            del sources.files[source]
            sources.left_out["named to be left out"] += 1
    return sources


def _all_sources(photos: Path, dataset: Path, layout: str, name: str) -> Sources:
    train, held_out = split_folders(photos) if photos.is_dir() else (None, None)
    if train is None or held_out is None:
        train = held_out = None
    parts = [train, held_out] if train and held_out else [""]
    if layout == "pairs":
        left_out: Counter[str] = Counter()
        return Sources(_pairs(photos, parts, left_out), left_out, held_out)
    found = find(photos)
    below = os.path.realpath(dataset) + os.sep
    unwanted = SOURCES[name].unwanted if name in SOURCES else None
    sources = Sources(left_out=found.left_out, held_out=held_out)
    for name in found.names:
        top, _, inside = name.partition("/")
        if held_out and top not in parts:
            sources.left_out[f"in {top}" if inside else f"beside {train} and {held_out}"] += 1
        elif unwanted and unwanted(Path(name).stem):
            sources.left_out["letters, signs, variants and what is not open"] += 1
        elif not os.path.realpath(photos / name).startswith(below):
            sources.files[name] = (name, name)
    return sources


def other_layout(photos: Path, files: dict[str, tuple[str, str]]) -> str | None:
    """Tell by folders and pictures which layout photos have that are pairs, if they seem to be."""
    train, _ = split_folders(photos)
    for part in ("", train):
        if part is not None and all((photos / part / side).is_dir() for side in SIDES):
            return "pairs"
    looked_at = [photos / one for one, _ in some_of(list(files.values()))]
    return "ab" if look_like_pairs(looked_at) else None


def drawn_again(files: dict[str, tuple[str, str]], drawings: int) -> dict[str, tuple[str, str]]:
    """Name each source as many times as it is to be drawn."""
    again = dict(files)
    for number in range(2, drawings + 1):
        again |= {f"{source}{AGAIN}{number}": names for source, names in files.items()}
    return again


def photo_of(source: str) -> str:
    """Give the path of the photo that a source draws, for the first time or again."""
    return source.split(AGAIN)[0]


def are_plants(photos: Path, files: dict[str, tuple[str, str]]) -> bool:
    """Tell by the green of some of the photos whether leaves and stems belong to their sketches."""
    ordered = sorted(files)
    shares = []
    for place in np.linspace(0, len(ordered) - 1, min(_LOOKED_AT, len(ordered))).astype(int):
        try:
            image = decode(photos / files[ordered[place]][1], WORK)
        except UnreadablePhoto:
            continue
        if image.mode == "RGB":  # What is cut out has nothing around it.
            shares.append(green_parts(cv2.medianBlur(to_size(image, WORK), 3)).mean())
    return bool(shares) and float(np.median(shares)) > _LEAFY


def _named_in(file: Path) -> frozenset[str]:
    try:
        return frozenset(file.read_text("utf-8", "surrogateescape").split("\n"))
    except OSError as error:
        raise UserError(f"--leave-out {file}: cannot be read: {error.strerror}") from None


def _pairs(photos: Path, parts: list[str], left_out: Counter[str]) -> dict[str, tuple[str, str]]:
    pairs = {}
    for part in parts:
        sides = [photos / part / side for side in SIDES]
        for side in sides:
            if not side.is_dir():
                raise UserError(f"--layout pairs: expected a folder at {side}")
        start = f"{part}/" if part else ""
        for names in match_names(sides[0], sides[1], left_out=left_out):
            one, other = (f"{start}{side}/{name}" for side, name in zip(SIDES, names, strict=True))
            pairs[start + names[0]] = (one, other)
    return pairs
