"""The photographs and frozen networks beside the project, for tests that cannot do without."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def photographs_and(weights: str) -> tuple[list[Path], Path]:
    """All photos of flowers and a file of weights by name; skips the test where they are not."""
    data = Path(os.environ.get("GARABATO_DATA", REPOSITORY.parent / "shared" / "data"))
    photos = sorted((data / "flowers").glob("*.jpg"))
    path = data.parent / "weights" / weights
    if not (photos and path.is_file()):
        pytest.skip(f"needs {path} and the photos in {data / 'flowers'} (GARABATO_DATA)")
    return photos, path
