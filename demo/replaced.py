"""Put new parts of a folder in the places of the old ones: all of them, or none.

The new ones are made in `.garabato-write/new`. Each step is a rename, and from every state that a
killed process can leave `recover` knows the way back.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

_WORK = ".garabato-write"


def made_in(folder: Path) -> Path:
    """Return where the new parts of a folder are made before `swap`."""
    return folder / _WORK / "new"


def swap(folder: Path, parts: Sequence[str]) -> None:
    """Take away the old ones of the parts of these names, and put the new ones there.

    Either may be missing.
    """
    old, taken = folder / _WORK / "old", folder / _WORK / "taken"
    old.mkdir()
    _move(folder, old, parts)
    old.rename(taken)  # From here on what is in the folder is new.
    _move(made_in(folder), folder, parts)
    taken.rename(folder / _WORK / "replaced")  # And from here on nothing is undone.
    shutil.rmtree(folder / _WORK, ignore_errors=True)


def recover(folder: Path, parts: Sequence[str]) -> None:
    """Undo a `swap` that was not finished, and remove what it left."""
    old, taken = folder / _WORK / "old", folder / _WORK / "taken"
    if taken.is_dir():
        _move(folder, made_in(folder), parts)
        taken.rename(old)
    if old.is_dir():
        _move(old, folder, parts)
        old.rmdir()
    shutil.rmtree(folder / _WORK, ignore_errors=True)


def _move(source: Path, target: Path, parts: Sequence[str]) -> None:
    for part in parts:
        if (source / part).exists():
            (source / part).rename(target / part)
