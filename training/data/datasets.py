"""Datasets: what is trained on and what is held out; and folders of pairs, cached as uint8."""

import contextlib
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm

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
class Pairs:
    """The pairs of one split: files on disk, arrays once loaded.

    `files` holds (input, target) paths; the same path twice is a side-by-side image.
    """

    split: str
    size: int
    names: list[str]
    files: list[tuple[Path, Path]] = field(repr=False)
    layout: str = field(repr=False)
    cache: Path = field(repr=False)

    def __len__(self) -> int:
        return len(self.names)

    def fingerprint(self) -> str:
        """Of the names: `prepare` gives a photo that changed a new one."""
        return hashlib.sha256("\n".join(self.names).encode()).hexdigest()[:16]

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """All inputs and targets, each uint8 [N, size, size, 3], mapped from disk, read-only.

        Decoded once into `cache/` beside the pairs, and again when a file has changed. Raises
        `UserError` when there are no pairs, a file cannot be read or the cache cannot be written.
        """
        if not self.names:
            raise UserError(f"no {self.split} pairs in {self.cache.parent}")
        stamp = self._stamp()
        paths = [self.cache / f"{self.split}-{side}.npy" for side in SIDES]
        marker = self.cache / f"{self.split}.stamp"
        if not (marker.exists() and marker.read_text() == stamp and all(map(Path.exists, paths))):
            try:
                self._write(paths)
                marker.write_text(stamp)
            except OSError as error:
                raise UserError(f"cannot write the cache {self.cache}: {error.strerror}") from None
        inputs, targets = (np.load(path, mmap_mode="r") for path in paths)
        return inputs, targets

    def _stamp(self) -> str:
        digest = hashlib.sha256(f"{self.size} {self.layout}".encode())
        for pair in self.files:
            for path in pair:
                status = path.stat()
                digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def _write(self, paths: list[Path]) -> None:
        self.cache.mkdir(exist_ok=True)
        (self.cache / f"{self.split}.stamp").unlink(missing_ok=True)
        beside = [path.with_name(f".{path.name}.{os.getpid()}") for path in paths]
        shape = (len(self.names), self.size, self.size, 3)
        try:
            with (
                ThreadPoolExecutor() as pool,
                tqdm(total=len(self.names), desc=f"{self.split} cache", unit="pair") as bar,
                contextlib.ExitStack() as stack,
            ):
                files = [stack.enter_context(open(path, "wb")) for path in beside]
                for file in files:
                    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(file, header)
                # Written one after the other, so that a full disk is an error; a mapped page that
                # finds no room is a crash. In portions, because `map` holds all its results.
                for start in range(0, len(self.names), 64):
                    for pair in pool.map(self._read, self.files[start : start + 64]):
                        for file, pixels in zip(files, pair, strict=True):
                            file.write(pixels.tobytes())
                        bar.update()
                for file in files:
                    file.flush()
                    os.fsync(file.fileno())  # the stamp must not outlive a power cut alone
            for path, final in zip(beside, paths, strict=True):
                os.replace(path, final)
        finally:
            for path in beside:
                path.unlink(missing_ok=True)

    def _read(self, files: tuple[Path, Path]) -> tuple[np.ndarray, np.ndarray]:
        try:
            return read_pair(files, self.size, self.layout)
        except UnreadablePhoto as error:
            raise UserError(f"{files[0]}: {error}") from None


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
    def open(cls, folder: Path, size: int | None = None, layout: str = "ab") -> "Dataset":
        """Open what `prepare` wrote, or plain pairs in the same layout.

        Plain pairs are `train/input` + `train/target` with equal file names, or side-by-side
        images in `train/`, `layout` "ab" (input left) or "ba"; likewise `test/`, which may be
        missing. Their `size` is that of the first picture unless given. Raises `UserError`.
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
        train, test = (
            Pairs(
                split,
                size,
                [name for name, _ in listed[split]],
                [files for _, files in listed[split]],
                layout,
                folder / "cache",
            )
            for split in SPLITS
        )
        return cls(folder, size, info, train, test)


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
