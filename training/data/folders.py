"""Photos without sketches: one folder of them, or two whose kinds are to be told apart."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from training.data.datasets import Arrays, Dataset
from training.data.downloads import describe, locate
from training.data.photos import UnreadablePhoto, find_photos, load_photo
from training.errors import UserError

HELD_OUT = 20  # Every so many-th photo, by name, is not trained on.


def open_photos(data: Path, size: int) -> Dataset:
    """Open a folder of photos, or a dataset by name, as one column uint8 [N, size, size, 3].

    All are held in memory. Raises `UserError` where there are none.
    """
    folder = locate(data)
    train, test = _split(_read(folder, size))
    return Dataset(folder, size, describe(data), Arrays((train,)), Arrays((test,)))


def open_unpaired(data: Path, size: int, kinds: Sequence[str] = ()) -> Dataset:
    """Open two folders of photos in `data` as two columns, of lengths of their own.

    Args:
        data: a folder that holds the two folders, or a dataset by name.
        size: side of the photos in px.
        kinds: the names of the two folders; needed where `data` holds others, too.

    Raises:
        UserError: not two folders, or no photos in one.
    """
    folder = locate(data)
    found = sorted(path.name for path in folder.iterdir() if path.is_dir())
    names = list(kinds) or found
    if len(names) != 2 or not set(names) <= set(found):
        raise UserError(
            f"expected two folders of photos in {folder}, named by --kinds where there are more; "
            f"got {names}, found {found}"
        )
    splits = [_split(_read(folder / name, size)) for name in names]
    train, test = (Arrays(tuple(columns)) for columns in zip(*splits, strict=True))
    return Dataset(folder, size, describe(data), train, test, labels=tuple(names), paired=False)


def _read(folder: Path, size: int) -> np.ndarray:
    def read(path: Path) -> np.ndarray | None:
        try:
            return load_photo(path, size)
        except UnreadablePhoto as reason:
            tqdm.write(f"skipped {path}: {reason}")
            return None

    paths = find_photos(folder)
    with ThreadPoolExecutor() as pool:
        bar = tqdm(pool.map(read, paths), total=len(paths), desc=folder.name, unit="photo")
        photos = [photo for photo in bar if photo is not None]
    if len(photos) < 2:
        raise UserError(f"expected photos in {folder}, could read {len(photos)}")
    return np.stack(photos)


def _split(photos: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    held_out = np.arange(len(photos)) % HELD_OUT == 0
    return photos[~held_out], photos[held_out]
