"""Datasets by name: where they are on the network, and the checksums that they must have."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from training.data.emoji import no_thing

NPM, PIP = "npm:", "pip:"  # Before the name of a package, in the place of an address.


@dataclasses.dataclass(frozen=True)
class Source:
    """A public dataset.

    `files` maps a file's name to its checksum, MD5 or SHA-256, as `keras.utils.get_file` takes
    it, and of a package SHA-256; all lie under `address`, and have so many `megabytes` together.
    An archive is unpacked, and `inside` is the folder in it that holds the pictures, those left out
    whose names are `unwanted`. A package of npm has the address `npm:NAME@VERSION`.
    """

    title: str
    licence: str
    address: str
    files: dict[str, str]
    megabytes: float
    labels: tuple[str, ...] = ()
    inside: str = ""
    unwanted: Callable[[str], bool] | None = None


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
        11.6,
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
        30.9,
        CLOTHES,
    ),
    "oxford-flowers": Source(
        "Oxford 102 Flowers",
        "unknown; for research",
        "https://www.robots.ox.ac.uk/~vgg/data/flowers/102",
        {"102flowers.tgz": "52808999861908f626f3c1f4e79d11fa"},
        345,
        inside="jpg",
    ),
    "tf-flowers": Source(
        "TensorFlow flowers",
        "CC BY 2.0",
        "https://storage.googleapis.com/download.tensorflow.org/example_images",
        {"flower_photos.tgz": "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c"},
        229,
        inside="flower_photos",
    ),
    "fluent-emoji": Source(
        "Fluent emoji 3D",
        "MIT",
        f"{NPM}@lobehub/fluent-emoji-3d@1.1.0",
        {
            "lobehub-fluent-emoji-3d-1.1.0.tgz": (
                "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58"
            )
        },
        15.8,
        inside="package/assets",
        unwanted=no_thing,
    ),
}


def describe(data: Path) -> dict[str, str]:
    """What a card tells about a dataset known by name, or by that of its folder."""
    source = SOURCES.get(data.name)
    return {"name": source.title, "licence": source.licence} if source else {}
