"""Decoded pictures kept on disk: arrays that are mapped, with a record of what they come from."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import numpy as np

from training.errors import UserError
from training.files import replacing, write_json
from training.progress import Bar
from training.size import Size, sides, told

NAME = 60  # Characters of a folder's name in that of its cache: of four bytes, they fit in 255.
AHEAD = 32  # Pictures decoded and not yet written: enough for every thread, and little memory.

Rows = Generator[tuple[str, np.ndarray], None, None]
Source = TypeVar("Source")
Result = TypeVar("Result")


class Column(NamedTuple):
    """An array, and the SHA-256 of its bytes."""

    values: np.ndarray
    sha256: str


def sha256(array: np.ndarray) -> str:
    """Hexadecimal SHA-256 of an array's bytes."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def fingerprint(columns: Iterable[Column]) -> str:
    """Sixteen digits that tell arrays by their types, their shapes and every value in them."""
    told = "\n".join(f"{c.values.dtype} {c.values.shape} {c.sha256}" for c in columns)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Cache:
    """Pictures decoded from files once, and mapped from disk by every command that comes later.

    Attributes:
        folder: what the files lie below. Where it lies itself does not matter.
        files: yields the path below it of everything that the pictures are decoded from, in order.
        name: what its own files are called, beside the size and the array.
        size: of the pictures.
        arrays: names of the arrays, each uint8 [N, H, W, 3].
        decode: yields the name of an array and its next picture, until there are no more.
        places: folders to keep the arrays in; the first one that can be written is taken.
    """

    folder: Path
    files: Callable[[], Iterator[str]] = field(repr=False)
    name: str
    size: Size
    arrays: tuple[str, ...]
    decode: Callable[[], Rows] = field(repr=False)
    places: tuple[Path, ...]

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The arrays by name, read-only, decoded again where a file has changed since.

        Raises:
            UserError: there are no files, one cannot be read, or no place can be written.
        """
        if self._empty():
            raise UserError(f"no {self.name} pictures in {self.folder}")
        stamp = self._stamp()
        for place in self.places:
            if columns := self._map(place, stamp):
                return columns
        return self._write(_first_writable(self.places), stamp)

    def count(self, array: str) -> int:
        """How many pictures an array has; none where there are no files."""
        return 0 if self._empty() else len(self.columns[array].values)

    def _empty(self) -> bool:
        return next(self.files(), None) is None

    def _stamp(self) -> str:
        """What changes when a file does; cheap, because no file is opened."""
        digest = hashlib.sha256(told(self.size).encode())
        folder = os.path.join(self.folder, "")
        for name in self.files():
            try:
                status = os.stat(folder + name)
                # The last one also changes with the permission to read, and cannot be set back.
                facts = f"({status.st_size}, {status.st_mtime_ns}, {status.st_ctime_ns})"
            except OSError:  # A dangling link is a photo that cannot be read.
                facts = "(0, 0, 0)"
            digest.update(os.fsencode(f"{name} {facts}\n"))
        return digest.hexdigest()

    def _path(self, place: Path, array: str) -> Path:
        return place / f"{self.name}-{told(self.size)}-{array}.npy"

    def _record(self, place: Path) -> Path:
        return place / f"{self.name}-{told(self.size)}.json"

    def _map(self, place: Path, stamp: str) -> dict[str, Column] | None:
        try:
            record = json.loads(self._record(place).read_text())
            if record["stamp"] != stamp:
                return None
            return self._columns(place, record["sha256"])
        except (OSError, ValueError, TypeError, LookupError):
            return None  # Not there, or damaged: decoded again.

    def _write(self, place: Path, stamp: str) -> dict[str, Column]:
        with contextlib.ExitStack() as replaced:
            beside = {
                array: replaced.enter_context(replacing(self._path(place, array)))
                for array in self.arrays
            }
            # Without its record no array counts, whatever happens from here on.
            self._record(place).unlink(missing_ok=True)
            with contextlib.ExitStack() as opened:
                writers = {
                    array: _Writer(opened.enter_context(open(path, "wb")), self.size)
                    for array, path in beside.items()
                }
                with contextlib.closing(self.decode()) as rows:
                    for array, picture in rows:
                        writers[array].append(picture)
                digests = {array: writer.finish() for array, writer in writers.items()}
        write_json(self._record(place), {"stamp": stamp, "sha256": digests})
        return self._columns(place, digests)

    def _columns(self, place: Path, digests: dict[str, str]) -> dict[str, Column]:
        return {
            array: Column(np.load(self._path(place, array), mmap_mode="r"), digests[array])
            for array in self.arrays
        }


class _Writer:
    """An .npy file that grows by pictures.

    Written one after the other, so that a full disk is an error; a mapped page that finds no room
    is a crash.
    """

    def __init__(self, file: BinaryIO, size: Size):
        self.file, self.size, self.rows, self.digest = file, size, 0, hashlib.sha256()
        self._write_header()

    def append(self, picture: np.ndarray) -> None:
        content = picture.tobytes()
        self.file.write(content)
        self.digest.update(content)
        self.rows += 1

    def finish(self) -> str:
        self.file.seek(0)
        self._write_header()
        return self.digest.hexdigest()

    def _write_header(self) -> None:
        # NumPy leaves room in it for any number of rows, so that it can be written again.
        shape = (self.rows, *sides(self.size), 3)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self.file, header)


def in_order(
    sources: Sequence[Source], read: Callable[[Source], Result], *, name: str, unit: str
) -> Iterator[Result]:
    """Read sources in threads, a few of them ahead, and yield the results in order, with a bar."""
    told = Bar(total=len(sources), step="decode", desc=name, unit=unit)
    with ThreadPoolExecutor() as pool, told as bar:
        remaining = iter(sources)
        pending = deque(pool.submit(read, source) for source in islice(remaining, AHEAD))
        while pending:
            yield pending.popleft().result()
            bar.update()
            pending.extend(pool.submit(read, source) for source in islice(remaining, 1))


def keras_home() -> Path:
    """Where Keras keeps a user's files: `~/.keras`, or what the variable `KERAS_HOME` names.

    Raises:
        UserError: nobody knows where the home of this user is.
    """
    named = os.environ.get("KERAS_HOME", "~/.keras")
    try:
        return Path(named).expanduser()
    except RuntimeError:
        raise UserError(
            f"{named} has no place, as there is no such home: set KERAS_HOME to a folder that can "
            f"be written"
        ) from None


def user_cache(folder: Path) -> Path:
    """Where this user keeps what was decoded from `folder`; may be removed at any time."""
    place = os.path.realpath(folder)  # Which ends where links go round; `resolve` raises.
    digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:12]
    name = os.path.basename(place)[:NAME]
    return keras_home() / "garabato" / "cache" / f"{name}-{digest}"


def _first_writable(places: Sequence[Path]) -> Path:
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                return place
        except OSError as error:
            reason = error.strerror
    raise UserError(
        f"cannot write the cache {places[-1]}: {reason}; "
        f"set KERAS_HOME to a folder that can be written"
    )
