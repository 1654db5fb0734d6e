"""Zips to download, streamed: a bundle, its static page, or the folder of a hosted space."""

import contextlib
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from demo.errors import UserError
from demo.space import write_space
from demo.studio import plans

KINDS = ("bundle", "page", "space")
_PIECE = 2**20


class NotYet(UserError):
    """It was not made yet."""


def stream(project: Path, kind: str) -> Iterator[bytes]:
    """Give the bytes of a zip of what a project has come to; its files lie in a folder of its name.

    Raises `NotYet` where there is nothing to take away, or no page of it, before the first byte.
    """
    bundle = project / plans.BUNDLE
    if not (bundle / "card.json").is_file():
        raise NotYet("there is nothing to download yet; export it first")
    if kind == "bundle":
        return zipped(bundle, project.name)
    if kind == "page":
        if not (project / plans.SITE / "models.json").is_file():
            raise NotYet("the page is not made yet; wait for it in the line, or export once more")
        return zipped(project / plans.SITE, f"{project.name}-page")
    folder = Path(tempfile.mkdtemp(dir=project, prefix=".space-"))
    try:
        write_space(folder / "space", [bundle])
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _and_remove(zipped(folder / "space", f"{project.name}-space"), folder)


def _and_remove(parts: Iterator[bytes], folder: Path) -> Iterator[bytes]:
    try:
        yield from parts
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Pipe:
    """What a zip is written to, a part after the other."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self.parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """There is nothing to close."""

    def taken(self) -> bytes:
        parts, self.parts = self.parts, []
        return b"".join(parts)


def zipped(folder: Path, name: str) -> Iterator[bytes]:
    """Give a zip of all files below a folder, as they are read; links and hidden files are left."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for path in _files(folder):
            with contextlib.suppress(FileNotFoundError):  # An export took it away meanwhile.
                inside = f"{name}/{path.relative_to(folder).as_posix()}"
                entry = zipfile.ZipInfo.from_file(path, inside, strict_timestamps=False)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with open(path, "rb") as file, packed.open(entry, "w") as target:
                    while part := file.read(_PIECE):
                        target.write(part)
                        if ready := pipe.taken():
                            yield ready
    yield pipe.taken()


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for file in sorted(files):
            path = Path(root, file)
            if not file.startswith(".") and stat.S_ISREG(path.lstat().st_mode):
                yield path
