"""Datasets: what is trained on and what is held out; and how a folder of pairs is opened."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from training.data.cache import DecodedPictures
from training.data.pairs import SIDES, SPLITS, is_picture, match_names, read_pair
from training.data.photos import UnreadablePhoto, load_image
from training.errors import UserError


class Split(Protocol):
    """One split of a dataset: columns of equal length, unless the dataset says otherwise."""

    def __len__(self) -> int: ...

    def load(self) -> tuple[np.ndarray, ...]:
        """All columns: pictures uint8 [N, S, S, C], labels int32 [N]."""
        ...

    def fingerprint(self) -> str:
        """Sixteen digits that change when what is trained on does."""
        ...


@dataclass(frozen=True)
class Arrays:
    """A split that is in memory; `columns` may differ in length where nothing pairs them."""

    columns: tuple[np.ndarray, ...] = field(repr=False)

    def __len__(self) -> int:
        return max(len(column) for column in self.columns)

    def load(self) -> tuple[np.ndarray, ...]:
        """The columns as they are."""
        return self.columns

    def fingerprint(self) -> str:
        """Of every value."""
        digest = hashlib.sha256()
        for column in self.columns:
            digest.update(np.ascontiguousarray(column).data)
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Unpaired:
    """A split whose columns come from different places, and may differ in length."""

    parts: tuple[Split, ...]

    def __len__(self) -> int:
        return max(map(len, self.parts))

    def load(self) -> tuple[np.ndarray, ...]:
        """The columns of one part after the other."""
        return tuple(column for part in self.parts for column in part.load())

    def fingerprint(self) -> str:
        """Of those of the parts, in their order."""
        together = " ".join(part.fingerprint() for part in self.parts)
        return hashlib.sha256(together.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Dataset:
    """`train` and `test` of pictures of `size` px, and what is known about them.

    `labels` names what the integers of a column of labels stand for. `paired` tells whether rows
    of the columns belong together.
    """

    folder: Path
    size: int
    info: dict[str, Any] = field(repr=False)
    train: Split
    test: Split
    labels: tuple[str, ...] = ()
    paired: bool = True

    @property
    def name(self) -> str:
        """What the data is called."""
        return str(self.info.get("name", self.folder.resolve().name))

    @property
    def photos(self) -> int:
        """How many there are, to train and to test on; in all columns where nothing pairs them."""
        splits = (self.train, self.test)
        if self.paired:
            return sum(map(len, splits))
        return sum(len(column) for split in splits for column in split.load())

    @property
    def licence(self) -> str:
        """Under which licence the photos are, `unknown` when nobody said."""
        return str(self.info.get("licence", "unknown"))

    @property
    def sketch(self) -> str:
        """How inputs were made: a key of `SKETCHES`, or `given` for pairs that came as they are."""
        return str(self.info.get("sketch", "given"))

    @classmethod
    def open(cls, folder: Path, size: int | None = None) -> "Dataset":
        """Open what `prepare` wrote, or plain pairs in the same layout.

        Plain pairs are `train/input` + `train/target` with equal file names, or side-by-side
        images in `train/` with the input on the left; likewise `test/`, which may be missing.
        Their `size` is that of the first picture unless given. Raises `UserError`.
        """
        folder = Path(folder)
        info = {}
        if (folder / "dataset.json").is_file():
            try:
                info = dict(json.loads((folder / "dataset.json").read_text()))
                size = size or int(info["size"])
            except (ValueError, TypeError, KeyError):
                raise UserError(f"{folder / 'dataset.json'} is not what prepare writes") from None
        elif not (folder / "train").is_dir():
            raise UserError(
                f"expected a dataset folder (dataset.json, or train/input and train/target) at "
                f"{folder}; make one with: python -m training prepare PHOTOS {folder}"
            )
        # What `prepare` left when it was interrupted may hold one half of a pair.
        listed = {split: _list_pairs(folder / split, strict=not info) for split in SPLITS}
        if not listed["train"]:
            raise UserError(f"{folder} holds no training pairs")
        size = size or _first_size(listed["train"])
        train, test = (_pairs(folder, split, listed[split], size) for split in SPLITS)
        return cls(folder, size, info, train, test)


def _pairs(
    folder: Path, split: str, listed: list[tuple[str, tuple[Path, Path]]], size: int
) -> DecodedPictures:
    return DecodedPictures(
        split,
        SIDES,
        size,
        folder,
        [pair for _, pair in listed],
        lambda pair: read_pair((pair[0], pair[1]), size, "ab"),
        options="side by side" if any(a == b for _, (a, b) in listed) else "two files",
    )


def _list_pairs(folder: Path, strict: bool) -> list[tuple[str, tuple[Path, Path]]]:
    inputs, targets = folder / "input", folder / "target"
    if inputs.is_dir() and targets.is_dir():
        return match_names(inputs, targets, strict)
    if folder.is_dir():
        return [(p.name, (p, p)) for p in sorted(folder.iterdir()) if is_picture(p)]
    return []


def _first_size(pairs: list[tuple[str, tuple[Path, Path]]]) -> int:
    files = pairs[0][1]
    try:
        return min(load_image(files[1], 1 << 20).size)
    except UnreadablePhoto as error:
        raise UserError(f"{files[1]}: {error}") from None
