"""Write files and folders whole or not at all, and keep a second process out of a folder."""

import contextlib
import errno
import fcntl
import functools
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from training.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_LOCKS = (errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP)  # Some network file systems say so.

# What `_beside` names its files and folders: a killed process leaves them.
_BESIDE = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)(?P<suffix>(?:\.[a-z]\w*)+)")
_writing: set[Path] = set()  # Those of this process that are not finished.


@contextlib.contextmanager
def replacing(path: Path, suffix: str = ".tmp", *, sync: bool = True) -> Iterator[Path]:
    """Give a path to write to, which then takes the place of `path` in one step.

    What was there stays until the new file is on the disk, also through a crash, and with `sync`
    through a power cut. `suffix` is for libraries that know a format by it: give that of `path`.

    Raises:
        UserError: the disk is full, or does not let us write; what was there is intact.
    """
    with _beside(path, suffix) as beside:
        yield beside
        if sync:
            with open(beside, "rb+") as file:
                os.fsync(file.fileno())
        os.replace(beside, path)
        if sync:
            _sync_folder(path.parent)


@contextlib.contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Give a fresh folder to fill, which then takes the place of `folder`, contents and all.

    Whatever goes wrong, a full disk or Ctrl-C included, the fresh folder is removed and what was
    at `folder` stays as it was; killed between the two renames, it comes back the next time. A
    link stays a link to what is replaced.

    Raises:
        UserError: `folder` is a file, the disk is full, or does not let us write.
    """
    folder = Path(os.path.realpath(folder))
    old = folder.with_name(f".{folder.name}.old")
    with _beside(folder, ".partial") as beside:
        if old.is_dir() and not folder.exists():
            os.rename(old, folder)
        _expect_no_file(folder)
        beside.mkdir(parents=True)
        yield beside
        if folder.is_dir():
            shutil.rmtree(old, ignore_errors=True)
            os.rename(folder, old)
        try:
            os.rename(beside, folder)
        except BaseException:
            if old.is_dir():
                os.rename(old, folder)
            raise
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def alone(folder: Path, message: str) -> Iterator[None]:
    """Keep other processes that ask for the same folder out until the block ends.

    Makes the folder if there is none, and removes it again if nothing was put into it. What
    killed processes left half-written in it, and in its own folders, is removed.

    Raises:
        UserError: another process is in the folder, which `message` says; or `folder` is a file.
    """
    _expect_no_file(folder)
    made = not folder.exists()
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(message) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
        for inside in (folder, *folder.iterdir()):
            _sweep(inside)
        yield
    finally:
        os.close(handle)
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()


def claim(file: BinaryIO, size: int) -> None:
    """Reserve room for `size` bytes, so that a full disk is an error before anything is written.

    Archives that run out of room half-way end in a tangle of errors, not in one. Where the system
    cannot reserve (macOS), this does nothing.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)


def full_disk(error: BaseException) -> int | None:
    """Which error of a full disk this is, also where a library wraps it in one of its own."""
    for code in FULL:
        if getattr(error, "errno", None) == code or os.strerror(code) in str(error):
            return code
    return None


def write_json(path: Path, content: Any) -> None:
    """Write indented JSON in one step."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(content, indent=2) + "\n")


def append(path: Path, text: str) -> None:
    """Add lines to the end of a file.

    Raises:
        UserError: the disk is full, or does not let us write.
    """
    with _told(path), open(path, "a", newline="") as file:
        file.write(text)


def write_image(path: Path, picture: Image.Image, *, sync: bool = False) -> None:
    """Write a JPEG whose flat colours stay flat, or a PNG, in one step.

    Not synced unless asked, which thousands of small files would wait for: whoever finds one empty
    after a power cut makes it again.
    """
    # Encoded in memory: Pillow hides a full disk behind "encoder error -2".
    encoded = io.BytesIO()
    if path.suffix == ".jpg":
        # Full colour resolution: halved, strokes would get fringes of another colour.
        picture.save(encoded, "JPEG", quality=95, subsampling=0)
    else:
        picture.save(encoded, "PNG")
    with replacing(path, sync=sync) as beside:
        beside.write_bytes(encoded.getvalue())


@contextlib.contextmanager
def _beside(path: Path, suffix: str) -> Iterator[Path]:
    """Name what is to become `path`; remove it afterwards if it has not been renamed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}{suffix}").absolute()
    _sweep_once(beside.parent)
    _writing.add(beside)
    try:
        with _told(path):
            yield beside
    finally:
        _remove(beside)
        _writing.discard(beside)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into a `UserError` of one line."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        full = full_disk(error)
        code = full or (error.errno if isinstance(error, OSError) else None)
        if code is None:
            raise
        # Not the error's own text: that of HDF5 has several lines.
        advice = ": make room and start the same command again" if full else ""
        raise UserError(
            f"cannot write {path}: {os.strerror(code)}; what was there is intact{advice}"
        ) from error


def _expect_no_file(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; expected a folder, or none yet")


@functools.cache
def _sweep_once(folder: Path) -> None:
    # Once a process: a folder may hold thousands of files, each written by itself.
    _sweep(folder)


def _sweep(folder: Path) -> None:
    """Remove what processes that are no more left half-written in a folder."""
    for path in folder.glob(".*.*.*"):
        match = _BESIDE.fullmatch(path.name)
        if match is None or path.absolute() in _writing or _runs(int(match["process"])):
            continue
        suffix = match["suffix"]
        file_of_ours = suffix == ".tmp" or match["name"].endswith(suffix)
        if path.is_dir() if suffix == ".partial" else file_of_ours and path.is_file():
            _remove(path)


def _runs(process: int) -> bool:
    if process == os.getpid():
        return False  # An earlier one of the same number: what this one writes is known.
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # Somebody else's.
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _sync_folder(folder: Path) -> None:
    # A rename is durable only once the folder itself is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
