"""Files that are whole or not there: written beside, synced, then renamed."""

import contextlib
import errno
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from training.errors import UserError


@contextlib.contextmanager
def replacing(path: Path, suffix: str = ".tmp", *, sync: bool = True) -> Iterator[Path]:
    """Give a path to write to, which then takes the place of `path` in one step.

    What was there stays until the new file is on the disk, also through a crash, and with `sync`
    through a power cut.

    Raises:
        UserError: the disk is full, or does not let us write; what was there is intact.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}{suffix}")
    try:
        try:
            yield beside
            if sync:
                with open(beside, "rb+") as file:
                    os.fsync(file.fileno())
            os.replace(beside, path)
            if sync:
                _sync_folder(path.parent)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS):
            raise UserError(
                f"cannot write {path}: {error.strerror}; what was there is intact: make room and "
                f"start the same command again"
            ) from None
        raise


def claim(file: BinaryIO, size: int) -> None:
    """Reserve room for `size` bytes, so that a full disk is an error before anything is written.

    Archives that run out of room half-way end in a tangle of errors, not in one. Where the system
    cannot reserve (macOS), this does nothing.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)


def write_json(path: Path, content: Any) -> None:
    """Write indented JSON in one step."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(content, indent=2) + "\n")


def write_image(path: Path, picture: Image.Image) -> None:
    """Write a JPEG whose flat colours stay flat, or a PNG, in one step.

    Not synced, which thousands of small files would wait for: whoever finds one empty after a
    power cut makes it again.
    """
    # Encoded in memory: Pillow hides a full disk behind "encoder error -2".
    encoded = io.BytesIO()
    if path.suffix == ".jpg":
        # Full colour resolution: halved, strokes would get fringes of another colour.
        picture.save(encoded, "JPEG", quality=95, subsampling=0)
    else:
        picture.save(encoded, "PNG")
    with replacing(path, sync=False) as beside:
        beside.write_bytes(encoded.getvalue())


def _sync_folder(folder: Path) -> None:
    # A rename is durable only once the folder itself is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
