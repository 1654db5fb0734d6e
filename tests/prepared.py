"""Small folders of photos, and what `prepare` made of them."""

from pathlib import Path

import numpy as np
from PIL import Image

from training.prepare.ledger import Ledger
from training.prepare.prepare import prepare

SIZE = 32


def photo(path: Path, seed: int, size: tuple[int, int] = (48, 40)) -> None:
    """A coloured disc before green noise."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(20, 90, (size[1], size[0], 3), np.uint8)
    rows, columns = np.mgrid[: size[1], : size[0]]
    disc = np.hypot(rows - size[1] / 2, columns - size[0] / 2) < size[1] / 3
    pixels[disc] = rng.integers(100, 255, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def discs(folder: Path) -> Path:
    """Eight of them."""
    for n in range(8):
        photo(folder / f"{n}.png", n)
    return folder


def run(photos: Path, dataset: Path, **options) -> dict:
    return prepare(photos, dataset, **{"size": SIZE, "processes": 1, "test_share": 0.3, **options})


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def places(dataset: Path) -> dict[str, tuple[str, str]]:
    """Where each photo's pair is: source -> (split, name)."""
    entries = Ledger(dataset / "photos.jsonl").entries.values()
    return {entry.source: (entry.split, entry.name) for entry in entries}
