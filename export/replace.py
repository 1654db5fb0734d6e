"""Write a bundle whole or not at all, and keep what others have put into it."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from training import files
from training.errors import UserError

RUN = "config.json"  # What a run folder is known by.
EXAMPLES = "examples"  # Folder of drawings to start from, which a bundle may bring.


@contextmanager
def replacing(bundle: Path, mark: str, ours: Collection[str]) -> Iterator[Path]:
    """Give a fresh folder that takes the bundle's place when the block succeeds.

    A bundle is known by its file `mark`, or by holding nothing but `EXAMPLES`; what else is in it
    than `ours` (a sheet of drawings, say) is copied to the new one, if it is not there yet. A run
    folder has a card, too, but is never one.

    Raises:
        UserError: `bundle` is something else, or as `files.replacing_folder` does.
    """
    if (bundle / RUN).exists():
        raise UserError(f"{bundle} is a run folder, which stays as it is; give another folder")
    with files.replacing_folder(bundle) as fresh:
        names = {path.name for path in bundle.iterdir()} if bundle.is_dir() else set()
        if names - {EXAMPLES} and not (bundle / mark).is_file():
            raise UserError(f"{bundle} holds something else than a bundle; give another folder")
        yield fresh
        for other in bundle.iterdir() if bundle.is_dir() else ():
            if other.name not in ours and not (fresh / other.name).exists():
                copy = shutil.copytree if other.is_dir() else shutil.copy2
                copy(other, fresh / other.name)
