"""Datasets: what is trained on and what is held out, as columns of pictures and labels."""

import functools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from training.data.cache import Cache, Column, Rows, fingerprint, in_order, sha256, user_cache
from training.data.found import find
from training.data.known import SOURCES
from training.data.pairs import SIDES, SPLITS, match_names, read_pair, split_folders
from training.data.photos import UnreadablePhoto, load_image
from training.data.side_by_side import Shapes, shapes_of, some_of
from training.errors import UserError
from training.size import Size, from_json
from training.typed import typed


class _Pairs(NamedTuple):
    """Pairs of a split by the paths of their files below two folders.

    Twice the same path below the same folder is a side-by-side image.
    """

    folders: tuple[Path, Path]
    names: list[tuple[str, str]]

    def files(self, pair: tuple[str, str]) -> tuple[Path, Path]:
        """Give the files of input and target."""
        return self.folders[0] / pair[0], self.folders[1] / pair[1]

    def below(self, folder: Path) -> Iterator[str]:
        """Yield the path of each file below a folder in which both folders lie."""
        one, other = (f"{side.relative_to(folder).as_posix()}/" for side in self.folders)
        for pair in self.names:
            yield one + pair[0]
            yield other + pair[1]


class Split(Protocol):
    """One split of a dataset: columns of equal length, unless the dataset says otherwise."""

    def __len__(self) -> int: ...

    def load(self) -> tuple[np.ndarray, ...]:
        """Return all columns: pictures uint8 [N, H, W, C], labels int32 [N]."""
        ...

    def fingerprint(self) -> str:
        """Return sixteen digits that change when anything in the columns does.

        They do not depend on where the data lies, on names or on times.
        """
        ...


@dataclass(frozen=True)
class Arrays:
    """A split that is in memory; `columns` may differ in length where nothing pairs them."""

    columns: tuple[np.ndarray, ...] = field(repr=False)

    def __len__(self) -> int:
        return max(len(column) for column in self.columns)

    def load(self) -> tuple[np.ndarray, ...]:
        """Return the columns as they are."""
        return self.columns

    def fingerprint(self) -> str:
        """Return the digits of every value."""
        return fingerprint(Column(column, sha256(column)) for column in self.columns)


@dataclass(frozen=True)
class Cached:
    """A split of pictures in files: each column is an array of a cache, by its name there.

    Nothing is decoded before the length, the columns or the fingerprint are asked for.
    """

    sources: tuple[tuple[Cache, str], ...]

    def __len__(self) -> int:
        return max(cache.count(array) for cache, array in self.sources)

    def load(self) -> tuple[np.ndarray, ...]:
        """Return all columns, each uint8 [N, H, W, 3], mapped from disk, read-only.

        Raises:
            UserError: there are none, a file cannot be read or no cache can be written.
        """
        return tuple(column.values for column in self._columns())

    def fingerprint(self) -> str:
        """Return the digits of every value, known since the pictures were decoded."""
        return fingerprint(self._columns())

    def _columns(self) -> Iterator[Column]:
        return (cache.columns[array] for cache, array in self.sources)


@dataclass(frozen=True)
class Dataset:
    """`train` and `test` of pictures of a size, and what is known about them.

    `labels` names what the integers of a column of labels stand for. `paired` tells whether rows
    of the columns belong together.
    """

    folder: Path
    size: Size
    info: dict[str, Any] = field(repr=False)
    train: Split
    test: Split
    labels: tuple[str, ...] = ()
    paired: bool = True

    @property
    def name(self) -> str:
        """What the data is called."""
        return str(self.info.get("name", os.path.basename(os.path.realpath(self.folder))))

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
    def open(
        cls, folder: Path, size: Size | None = None, direction: Literal["ab", "ba"] = "ab"
    ) -> "Dataset":
        """Open what `prepare` wrote, or plain pairs in the same layout.

        Plain pairs are `train/input` + `train/target` with equal file names, or side-by-side
        images in `train/`; likewise `test/`, or `val/` where there is none (`pairs` knows other
        names), which may be missing.
        Unless a size is given, they are squares as large as the first picture. In `direction` "ba"
        what is in `input/`, or on the left, is what the inputs are to become. Raises `UserError`.
        """
        folder = Path(folder)
        info = {}
        if (folder / "dataset.json").is_file():
            try:
                info = dict(json.loads((folder / "dataset.json").read_text()))
                size = size or from_json(info["size"])
            except (ValueError, TypeError, KeyError):
                raise UserError(
                    f"{folder / 'dataset.json'} is not what prepare writes; make the pairs again, "
                    f"in another folder: {typed('training', 'prepare', 'PHOTOS', 'FOLDER')}"
                ) from None
        # What `prepare` left when it was interrupted may hold one half of a pair.
        places = dict(zip(SPLITS, _split_places(folder), strict=True))
        listed = {split: _list_pairs(places[split], strict=not info) for split in SPLITS}
        if not listed["train"].names:
            raise UserError(f"{folder} holds no training pairs")
        size = size or _first_size(listed["train"])
        train, test = (_cached(folder, split, size, listed[split], direction) for split in SPLITS)
        return cls(folder, size, info, train, test)


def held_out_files(folder: Path) -> list[Path]:
    """The photos that a dataset folder holds out, in the order of its rows."""
    pairs = _list_pairs(_split_places(folder)[1], strict=False)
    return [pairs.files(pair)[1] for pair in pairs.names]


def _split_places(folder: Path) -> tuple[Path, Path]:
    """Where the pairs to train on are, and those that are held out, which may be nowhere."""
    train, held_out = SPLITS
    if not (folder / "dataset.json").is_file():
        named, other = split_folders(folder) if folder.is_dir() else (None, None)
        if named is None:
            raise UserError(
                f"expected a dataset folder (dataset.json, or train/input and train/target) at "
                f"{folder}; make one with: {_how_to_make(folder)}"
            )
        train, held_out = named, other or held_out
    return folder / train, folder / held_out


def _how_to_make(folder: Path) -> str:
    """A command that makes a dataset of what somebody took for one."""
    words = ["PHOTOS", str(folder)]
    if folder.is_dir() and any(folder.iterdir()):  # It may be the photos.
        words = [
            str(folder),
            f"{folder.absolute()}-pairs" if not folder.name else f"{folder}-pairs",
        ]
    elif str(folder) in SOURCES and SOURCES[str(folder)].inside:
        words = [str(folder), f"data/{folder}"]
    return typed("training", "prepare", *words)


def _cached(folder: Path, split: str, size: Size, pairs: _Pairs, direction: str) -> Cached:
    @functools.cache
    def shapes() -> Shapes:
        images = [pairs.files(pair) for pair in some_of(pairs.names)]
        return shapes_of([one for one, other in images if one == other])

    def read(pair: tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
        files = pairs.files(pair)
        try:
            return read_pair(files, size, shapes())
        except UnreadablePhoto as error:
            raise UserError(f"{error.path or files[0]}: {error}") from None

    def decode() -> Rows:
        shapes()  # Once, before threads ask for it.
        for pair in in_order(pairs.names, read, name=f"{split} cache", unit="pair"):
            yield from zip(SIDES, pair, strict=True)

    files = functools.partial(pairs.below, folder)
    # A dataset may lie on a disk that is only read.
    places = (folder / "cache", user_cache(folder))
    cache = Cache(folder, files, split, size, SIDES, decode, places)
    return Cached(tuple((cache, side) for side in (SIDES if direction == "ab" else SIDES[::-1])))


def _list_pairs(folder: Path, strict: bool) -> _Pairs:
    inputs, targets = folder / "input", folder / "target"
    if inputs.is_dir() and targets.is_dir():
        return _Pairs((inputs, targets), match_names(inputs, targets, strict))
    names = find(folder).names if folder.is_dir() else []
    return _Pairs((folder, folder), [(name, name) for name in names])


def _first_size(pairs: _Pairs) -> int:
    _, target = pairs.files(pairs.names[0])
    try:
        return min(load_image(target, 1 << 20).size)
    except UnreadablePhoto as error:
        raise UserError(f"{target}: {error}") from None
