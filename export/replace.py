"""A folder that appears whole or not at all."""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import UserError

EXAMPLES = "examples"  # Folder of drawings to start from, which a bundle may bring.


@contextmanager
def replacing(bundle: Path, mark: str, ours: Collection[str]) -> Iterator[Path]:
    """Give a fresh folder beside `bundle`; it takes the bundle's place when the block succeeds.

    Whatever goes wrong, a full disk or Ctrl-C included, the fresh folder is removed and what was
    at `bundle` stays as it was. A bundle is known by its file `mark`, or by holding nothing but
    `EXAMPLES`; what else is in it than `ours` (a README, a sheet of drawings) moves to the new one.

    Raises:
        UserError: `bundle` is something else, or the disk refuses.
    """
    bundle = bundle.resolve()  # A link stays a link to what is replaced.
    partial = bundle.with_name(f".{bundle.name}.partial")
    old = bundle.with_name(f".{bundle.name}.old")
    try:
        if old.is_dir() and not bundle.exists():  # Killed between the two renames below.
            os.rename(old, bundle)
        if bundle.exists() and not bundle.is_dir():
            raise UserError(f"{bundle} is a file; give a folder for the bundle")
        names = {path.name for path in bundle.iterdir()} if bundle.is_dir() else set()
        if names - {EXAMPLES} and not (bundle / mark).is_file():
            raise UserError(f"{bundle} holds something else than a bundle; give another folder")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        if bundle.is_dir():
            for other in bundle.iterdir():
                if other.name not in ours:
                    copy = shutil.copytree if other.is_dir() else shutil.copy2
                    copy(other, partial / other.name)
            shutil.rmtree(old, ignore_errors=True)
            os.rename(bundle, old)
        try:
            os.rename(partial, bundle)
        except BaseException:
            if old.is_dir():
                os.rename(old, bundle)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise UserError(f"cannot write the bundle {bundle}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
