"""Photos without sketches: one folder of them, or two whose kinds are to be told apart."""

from collections.abc import Sequence
from pathlib import Path

from training.data.cache import DecodedPictures
from training.data.datasets import Dataset, Unpaired
from training.data.downloads import describe, locate
from training.data.photos import find_photos, load_photo
from training.errors import UserError

HELD_OUT = 20  # Every so many-th photo, by name, is not trained on.


def open_photos(data: Path, size: int) -> Dataset:
    """Open a folder of photos, or a dataset by name, as one column uint8 [N, size, size, 3].

    Raises `UserError` where there are none.
    """
    folder = locate(data)
    train, test = _splits(folder, size)
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
    names = list(kinds) or found
    if len(names) != 2 or not set(names) <= set(found):
        raise UserError(
            f"expected two folders of photos in {folder}, named by --kinds where there are more; "
            f"got {names}, found {found}"
        )
    splits = [_splits(folder / name, size) for name in names]
    train, test = (Unpaired(tuple(parts)) for parts in zip(*splits, strict=True))
    return Dataset(folder, size, describe(data), train, test, labels=tuple(names), paired=False)


def _splits(folder: Path, size: int) -> tuple[DecodedPictures, DecodedPictures]:
    """What is trained on and what is held out; a photo that cannot be read is in neither."""
    photos = find_photos(folder)
    if len(photos) < 2:
        raise UserError(f"expected photos in {folder}, found {len(photos)}")
    held_out = photos[::HELD_OUT]
    trained_on = [photo for index, photo in enumerate(photos) if index % HELD_OUT]

    def split(name: str, chosen: list[Path]) -> DecodedPictures:
        return DecodedPictures(
            name,
            ("photo",),
            size,
            folder,
            [(photo,) for photo in chosen],
            lambda row: (load_photo(row[0], size),),
            beside=False,  # It is somebody's folder of photos.
            forgiving=True,
        )

    train, test = split("train", trained_on), split("test", held_out)
    if not len(train):
        raise UserError(f"expected photos in {folder}, could read none of {len(photos)}")
    return train, test
