"""Photos without sketches: one folder of them, or two folders of different kinds."""

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from training.data.cache import Cache, Rows, in_order, user_cache
from training.data.datasets import Cached, Dataset
from training.data.downloads import locate
from training.data.found import MOST_KINDS, find_photos
from training.data.known import describe
from training.data.pairs import SPLITS
from training.data.photos import UnreadablePhoto, load_photo
from training.errors import UserError

HELD_OUT = 20  # Every so many-th photo, by name, is not trained on.


def open_photos(data: Path, size: int) -> Dataset:
    """Open a folder of photos, or a dataset by name, as one column uint8 [N, size, size, 3].

    Photos that cannot be read are skipped with a line. Raises `UserError` where there are none.
    """
    folder = locate(data)
    cache = _cache(folder, size)
    train, test = (Cached(((cache, split),)) for split in SPLITS)
    return Dataset(folder, size, describe(data), train, test)


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
    more = f" and {len(found) - MOST_KINDS} more" if len(found) > MOST_KINDS else ""
    names = list(kinds) or found
    if len(names) != 2 or not set(names) <= set(found):
        raise UserError(
            f"expected two folders of photos in {folder}, named by --kinds where there are more; "
            f"got {names[:MOST_KINDS]}, found {found[:MOST_KINDS]}{more}"
        )
    caches = [_cache(folder / name, size) for name in names]
    train, test = (Cached(tuple((cache, split) for cache in caches)) for split in SPLITS)
    return Dataset(folder, size, describe(data), train, test, labels=tuple(names), paired=False)


def _cache(folder: Path, size: int) -> Cache:
    """The photos of a folder, decoded into one array a split."""
    names = find_photos(folder)

    def read(name: str) -> np.ndarray | None:
        try:
            return load_photo(folder / name, size)
        except UnreadablePhoto as reason:
            tqdm.write(f"skipped {folder / name}: {reason}")
            return None

    def decode() -> Rows:
        train, test = SPLITS
        count = 0
        for photo in in_order(names, read, name=folder.name, unit="photo"):
            if photo is not None:
                yield train if count % HELD_OUT else test, photo
                count += 1
        if count < 2:
            raise UserError(f"expected photos in {folder}, could read {count}")

    # Not in the folder: it is somebody's, who looks at it.
    files = functools.partial(iter, names)
    return Cache(folder, files, "photos", size, SPLITS, decode, (user_cache(folder),))
