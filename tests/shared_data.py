"""The photographs and frozen networks beside the project, for tests that cannot do without."""

import os
import shutil
from pathlib import Path

import pytest

from training.data.downloads import kept, locate
from training.data.known import SOURCES
from training.errors import UserError

EMOJI = "fluent-emoji"
REPOSITORY = Path(__file__).resolve().parent.parent


def photographs_and(weights: str) -> tuple[list[Path], Path]:
    """All photos of flowers and a file of weights by name; skips the test where they are not."""
    data = Path(os.environ.get("GARABATO_DATA", REPOSITORY.parent / "shared" / "data"))
    photos = sorted((data / "flowers").glob("*.jpg"))
    path = data.parent / "weights" / weights
    if not (photos and path.is_file()):
        pytest.skip(f"needs {path} and the photos in {data / 'flowers'} (GARABATO_DATA)")
    return photos, path


def emoji() -> Path:
    """The folder of the emoji: from the user's home, or downloaded; or else the test is skipped."""
    [archive] = SOURCES[EMOJI].files
    own = Path("~/.keras/garabato", EMOJI, archive).expanduser()  # Tests have a home of their own.
    if own.is_file() and not (kept(EMOJI) / archive).exists():
        kept(EMOJI).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(own, kept(EMOJI) / archive)
    try:
        return locate(Path(EMOJI))
    except UserError as error:
        pytest.skip(str(error))
