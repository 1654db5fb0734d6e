"""Take the pictures out of a zip that somebody sent, and nothing that would do harm."""

import io
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from demo.errors import UserError

MOST_DIRECTORY = 4 * 2**20  # Bytes of the list of its files: some 40,000 names.
MOST_FILES = 20_000
MOST_FILE = 100 * 2**20  # Bytes of a picture, unpacked.
MOST_BYTES = 20 * 2**30  # Of all, unpacked.
DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError)


class _Bounded(io.FileIO):
    """A file of which nothing large is read at once, as a zip's list of files is."""

    def read(self, size: int | None = -1) -> bytes:
        wanted = -1 if size is None else size
        content = super().read(
            min(wanted, MOST_DIRECTORY + 1) if wanted >= 0 else MOST_DIRECTORY + 1
        )
        if content and len(content) > MOST_DIRECTORY:
            raise UserError(
                f"expected a zip of at most {MOST_FILES:,} files; send it in several, or the "
                "pictures themselves"
            )
        return content or b""


def pictures(path: Path, left_out: Counter[str]) -> Iterator[tuple[str, IO[bytes]]]:
    """Give the path of each file in a zip, which leads nowhere outside, and its content.

    What is not given is counted in `left_out` by kind: link, outside, locked, too-large, damaged
    or no-room, for what comes after the first 20,000, or 20 GB. Reading a content may raise what
    `DAMAGE` names. Raises `UserError` for what is no zip.
    """
    with _Bounded(path) as file:
        try:
            packed = zipfile.ZipFile(file)
        except UserError:
            raise
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, OverflowError):
            raise UserError("this zip is damaged; make it anew, or send the pictures") from None
        with packed:
            entries = [entry for entry in packed.infolist() if _is_wanted(entry)]
            unpacked = 0
            for number, entry in enumerate(entries):
                kind = _harm(entry)
                unpacked += 0 if kind else entry.file_size
                if number >= MOST_FILES or unpacked > MOST_BYTES:
                    kind = "no-room"
                if kind:
                    left_out[kind] += 1
                    continue
                try:
                    content = packed.open(entry)
                except DAMAGE:
                    left_out["damaged"] += 1
                    continue
                with content:
                    yield entry.filename, content


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    """Tell whether it is a file that its owner sees; systems lay others beside them."""
    parts = entry.filename.replace("\\", "/").split("/")
    return (
        not entry.is_dir()
        and parts[0] != "__MACOSX"
        and not (parts[-1].startswith(".") and ".." not in parts)
    )


def _harm(entry: zipfile.ZipInfo) -> str | None:
    mode = entry.external_attr >> 16
    parts = entry.filename.replace("\\", "/").split("/")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "link"
    if ".." in parts or parts[0] == "" or ":" in parts[0]:
        return "outside"
    if entry.flag_bits & 1:
        return "locked"
    return "too-large" if entry.file_size > MOST_FILE else None
