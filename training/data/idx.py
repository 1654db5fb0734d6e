"""Labelled pictures in idx files, as MNIST and its descendants come (LeCun et al. 1998)."""

import gzip
import zlib
from pathlib import Path

import numpy as np

from training.data.datasets import Arrays, Dataset
from training.data.downloads import locate
from training.data.known import SOURCES, describe
from training.errors import UserError

PREFIXES = ("train", "t10k")
UINT8 = 0x08  # The code of the only type that these files hold.


def open_labelled(data: Path, size: int | None = None) -> Dataset:
    """Open the four idx files of a folder, or download them by name: `mnist`, `fashion-mnist`.

    Each split has two columns: pictures uint8 [N, S, S, 1], and labels int32 [N].

    Raises:
        UserError: no such dataset, a file is missing or damaged, or the pictures are not square,
            or not of `size` px where that is given.
    """
    folder = locate(data)
    train, test = (_read_split(folder, prefix) for prefix in PREFIXES)
    side = train[0].shape[1]
    if size not in (None, side):
        raise UserError(f"{data} has pictures of {side} px, expected {size} px")
    classes = 1 + int(max(train[1].max(), test[1].max()))
    known = SOURCES.get(data.name)
    labels = known.labels if known else ()
    return Dataset(
        folder,
        side,
        describe(data),
        Arrays(train),
        Arrays(test),
        labels if len(labels) == classes else tuple(map(str, range(classes))),
    )


def read_idx(path: Path) -> np.ndarray:
    """Read one idx file of bytes, as it is or gzipped: uint8 of the shape that it states.

    Raises:
        UserError: no file, or not one of these.
    """
    packed = path.with_name(f"{path.name}.gz")
    try:
        content = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    except FileNotFoundError:
        raise UserError(f"expected {path.name} or {packed.name} in {path.parent}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{packed} cannot be unpacked: {error}") from None
    sides = content[3] if len(content) > 3 else 0
    shape = tuple(np.frombuffer(content[4 : 4 + 4 * sides], ">u4"))
    start = 4 + 4 * sides
    if content[:3] != bytes([0, 0, UINT8]) or len(content) - start != np.prod(shape, dtype=int):
        raise UserError(f"{path} is no idx file of bytes, or is damaged: download it again")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _read_split(folder: Path, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    pictures = read_idx(folder / f"{prefix}-images-idx3-ubyte")
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte")
    if pictures.ndim != 3 or pictures.shape[1] != pictures.shape[2] or not len(pictures):
        raise UserError(f"expected square pictures [N, S, S] in {folder}, got {pictures.shape}")
    if labels.shape != pictures.shape[:1]:
        raise UserError(f"{folder} has {len(pictures)} pictures and {len(labels)} labels")
    return pictures[..., None], labels.astype(np.int32)
