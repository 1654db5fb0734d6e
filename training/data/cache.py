"""Pictures in files, decoded once into arrays on disk, and mapped from there when they are used."""

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from training import files
from training.data.photos import UnreadablePhoto
from training.errors import UserError

Row = tuple[Path, ...]  # The files that one row of the arrays is read from.

PORTION = 64  # Rows that are decoded before any of them is written: what bounds the memory.
NOT_FOR_US = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True)
class DecodedPictures:
    """One split of a dataset: rows of `columns`, each a picture uint8 [size, size, 3].

    `read` turns the files of a row into the pictures of its columns, or raises `UnreadablePhoto`;
    such a row is an error, or is left out with a line if `forgiving`. `options` says what else
    than the files decides what is read. `source` is the folder that the files are in, and the
    arrays are kept in `source / "cache"` if they are to lie `beside`; in Keras's own folder
    (`KERAS_HOME`) otherwise, and where nothing can be written to `source`.
    """

    name: str
    columns: tuple[str, ...]
    size: int
    source: Path
    rows: list[Row] = field(repr=False)
    read: Callable[[Row], tuple[np.ndarray, ...]] = field(repr=False)
    options: str = ""
    beside: bool = True
    forgiving: bool = False

    def __len__(self) -> int:
        return len(self.load()[0]) if self.forgiving and self.rows else len(self.rows)

    def load(self) -> tuple[np.ndarray, ...]:
        """All columns, uint8 [N, size, size, 3], mapped from disk, read-only.

        Decoded on first use, and again when a file has changed. Raises `UserError` where there
        are no rows, one cannot be read, or nothing can be written.
        """
        if not self.rows:
            raise UserError(f"no {self.name} pictures in {self.source}")
        stamp = self._stamp()
        for place in self._places():
            told = self._told(place, stamp)
            if told:
                return self._map(place, told)
        for place in self._places()[:-1]:
            with contextlib.suppress(_Refused):
                return self._map(place, self._write(place, stamp))
        return self._map(self._places()[-1], self._write(self._places()[-1], stamp))

    def fingerprint(self) -> str:
        """Sixteen digits that change when what is trained on does, wherever it lies."""
        stamp = self._stamp()
        for place in self._places():
            told = self._told(place, stamp)
            if told:
                return str(told["fingerprint"])
        return self._fingerprint()

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(f"{self.size} {self.options} {len(self.columns)}\n".encode())
        for row in self.rows:
            for path in dict.fromkeys(row):
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]

    def _stamp(self) -> str:
        """What is quick to ask, and differs whenever a file has changed."""
        digest = hashlib.sha256(f"{self.size} {self.options}\n".encode())
        for row in self.rows:
            for path in row:
                status = path.stat()
                digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def _places(self) -> list[Path]:
        """Where the arrays may be, the first choice first."""
        known = f"{self.source.resolve()} {self.size} {self.options}"
        key = hashlib.sha256(known.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        elsewhere = _home() / "garabato" / "cache" / key
        return [self.source / "cache", elsewhere] if self.beside else [elsewhere]

    def _told(self, place: Path, stamp: str) -> dict[str, Any]:
        """What was written down about the arrays in a place; nothing where they are not these."""
        try:
            told = json.loads((place / f"{self.name}.json").read_text())
            sizes = {path.stat().st_size for path in self._arrays(place)}
            fits = told["stamp"] == stamp and sizes == {told["rows"] * self.size**2 * 3}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return told if fits else {}

    def _arrays(self, place: Path) -> list[Path]:
        return [place / f"{self.name}-{column}.pixels" for column in self.columns]

    def _map(self, place: Path, told: dict[str, Any]) -> tuple[np.ndarray, ...]:
        shape = (told["rows"], self.size, self.size, 3)
        if not told["rows"]:  # No row could be read, and of nothing there is no map.
            return tuple(np.zeros(shape, np.uint8) for _ in self.columns)
        return tuple(np.memmap(path, np.uint8, "r", shape=shape) for path in self._arrays(place))

    def _write(self, place: Path, stamp: str) -> dict[str, Any]:
        told = place / f"{self.name}.json"
        with _refused_if_not_for_us():
            try:
                place.mkdir(parents=True, exist_ok=True)
                told.unlink(missing_ok=True)
            except OSError as error:
                raise UserError(f"cannot write the cache {place}: {error.strerror}") from error
            rows = 0
            with contextlib.ExitStack() as stack:
                paths = [stack.enter_context(files.replacing(p)) for p in self._arrays(place)]
                arrays = [stack.enter_context(open(path, "wb")) for path in paths]
                for pictures in self._decoded():
                    rows += 1
                    # Written one after the other, so that a full disk is an error; a mapped page
                    # that finds no room is a crash.
                    for file, pixels in zip(arrays, pictures, strict=True):
                        file.write(pixels.tobytes())
                for file in arrays:
                    file.close()
            content = {"stamp": stamp, "fingerprint": self._fingerprint(), "rows": rows}
            files.write_json(told, content)
        return content

    def _decoded(self) -> Iterator[tuple[np.ndarray, ...]]:
        """The pictures of each row that can be read, in order."""

        def read(row: Row) -> tuple[np.ndarray, ...] | str:
            try:
                return self.read(row)
            except UnreadablePhoto as error:
                return f"{row[0]}: {error}"

        with (
            ThreadPoolExecutor() as pool,
            tqdm(total=len(self.rows), desc=f"{self.name} cache", unit="picture") as bar,
        ):
            # In portions, because `map` holds all its results.
            for start in range(0, len(self.rows), PORTION):
                for found in pool.map(read, self.rows[start : start + PORTION]):
                    bar.update()
                    if not isinstance(found, str):
                        yield found
                    elif self.forgiving:
                        tqdm.write(f"skipped {found}")
                    else:
                        raise UserError(found)


class _Refused(UserError):
    """A place that this user cannot write to."""


@contextlib.contextmanager
def _refused_if_not_for_us() -> Iterator[None]:
    try:
        yield
    except UserError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in NOT_FOR_US:
            raise _Refused(str(error)) from cause
        raise


def _home() -> Path:
    """The folder of Keras, which downloads its files there, too."""
    home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
    writable = os.access(home if home.is_dir() else home.parent, os.W_OK)
    return home if writable else Path(tempfile.gettempdir(), f"garabato-{os.getuid()}")
