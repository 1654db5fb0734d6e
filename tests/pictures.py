"""Pictures and datasets drawn by the tests themselves."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

PETALS = ("#d02070", "#f0d020", "#e8e8f0", "#7030c0", "#e06010")


def flower(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a sketch on black and a "photo" that adds leaves and shading, uint8 [S, S, 3] each."""
    petal = PETALS[rng.integers(len(PETALS))]
    x, y = rng.uniform(0.35, 0.65, 2) * size
    radius = rng.uniform(0.18, 0.3) * size
    sketch = Image.new("RGB", (size, size))
    photo = Image.fromarray(
        (np.linspace(40, 110, size)[:, None, None] * (0.5, 1.0, 0.4))
        .repeat(size, axis=1)
        .astype(np.uint8)
    )
    for picture in (sketch, photo):
        draw = ImageDraw.Draw(picture)
        for angle in np.arange(5) * 2 * np.pi / 5:
            cx, cy = x + radius * np.cos(angle), y + radius * np.sin(angle)
            r = radius * 0.6
            draw.ellipse((cx - r, cy - r, cx + r, cy + r), petal)
        r = radius * 0.5
        draw.ellipse((x - r, y - r, x + r, y + r), "#604010")
    return np.asarray(sketch), np.asarray(photo)


def pairs(count: int, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sketches and photos, uint8 [N, S, S, 3] each."""
    rng = np.random.default_rng(seed)
    sketches, photos = zip(*(flower(rng, size) for _ in range(count)), strict=True)
    return np.stack(sketches), np.stack(photos)


def write_dataset(folder: Path, *, train: int = 12, test: int = 4, size: int = 64) -> Path:
    """Write a dataset folder as a user might bring it: two folders with equal names a split."""
    for split, count, seed in (("train", train, 1), ("test", test, 2)):
        for side, pictures in zip(("input", "target"), pairs(count, size, seed), strict=True):
            (folder / split / side).mkdir(parents=True)
            for index, pixels in enumerate(pictures):
                Image.fromarray(pixels).save(folder / split / side / f"{index:04d}.png")
    return folder
