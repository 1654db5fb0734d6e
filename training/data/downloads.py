"""Datasets by name: where they are on the network, and the checksums that they must have."""

import contextlib
import dataclasses
import socket
from collections.abc import Iterator
from pathlib import Path

import keras

from training.data.cache import keras_home
from training.errors import UserError


@dataclasses.dataclass(frozen=True)
class Source:
    """A public dataset.

    `files` maps a file's name to its checksum, MD5 or SHA-256, as `keras.utils.get_file` takes
    it; all lie under `address`. An archive is unpacked, and `inside` is the folder in it that
    holds the pictures.
    """

    title: str
    licence: str
    address: str
    files: dict[str, str]
    labels: tuple[str, ...] = ()
    inside: str = ""


SILENCE = 20.0  # Seconds in which nothing comes, after which a download is given up.

DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt", "trousers", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)

SOURCES = {
    "mnist": Source(
        "MNIST",
        "CC BY-SA 3.0",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
        {
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        DIGITS,
    ),
    "fashion-mnist": Source(
        "Fashion-MNIST",
        "MIT",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        {
            "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        CLOTHES,
    ),
    "oxford-flowers": Source(
        "Oxford 102 Flowers",
        "unknown; for research",
        "https://www.robots.ox.ac.uk/~vgg/data/flowers/102",
        {"102flowers.tgz": "52808999861908f626f3c1f4e79d11fa"},
        inside="jpg",
    ),
    "tf-flowers": Source(
        "TensorFlow flowers",
        "CC BY 2.0",
        "https://storage.googleapis.com/download.tensorflow.org/example_images",
        {"flower_photos.tgz": "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c"},
        inside="flower_photos",
    ),
}


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
            path = download(f"{source.address}/{name}", checksum, str(data), name.endswith(".tgz"))
        except NotDownloaded as reason:
            raise UserError(
                f"cannot download {source.title}: {reason}; with no network, name a folder that "
                f"holds {' and '.join(source.files)}: --data FOLDER"
            ) from None
    return Path(path) / source.inside if source.inside else Path(path).parent


class NotDownloaded(Exception):
    """Why a download failed, in one line."""


def download(address: str, checksum: str, folder: str, extract: bool = False) -> Path:
    """Give the place of a file, or of what an archive holds, downloaded once to Keras's folder.

    Raises `NotDownloaded`.
    """
    try:
        keras_home().mkdir(parents=True, exist_ok=True)  # Or Keras takes a place that all share.
        with _given_up_after(SILENCE):
            path = keras.utils.get_file(
                address.rsplit("/")[-1],
                address,
                file_hash=checksum,
                cache_subdir=str(Path("garabato") / folder),
                cache_dir=str(keras_home()),
                extract=extract,
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


def describe(data: Path) -> dict[str, str]:
    """What a card tells about a dataset known by name, or by that of its folder."""
    source = SOURCES.get(data.name)
    return {"name": source.title, "licence": source.licence} if source else {}
