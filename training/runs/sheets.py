"""Sheets: drawings above what a generator makes of them, as one picture."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from training import files
from training.progress import warn
from training.size import Size, sides, size_of, with_short_side


def evenly_spaced(pictures: np.ndarray, count: int) -> np.ndarray:
    """Take `count` pictures at equal distances, always the same ones, all if there are fewer.

    The first ones would not do: data sorted by name is often sorted by kind.
    """
    if count >= len(pictures):
        return pictures  # Not a copy: they may be mapped from disk, and more than memory holds.
    rows = np.linspace(0, len(pictures) - 1, count)
    return pictures[rows.astype(int)]


def resize(pictures: np.ndarray, size: Size) -> np.ndarray:
    """Resize pictures uint8 to uint8 [N, H, W, C]; smaller pixels are means of areas."""
    height, width = sides(size)
    resized = [cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in pictures]
    return np.stack(resized).reshape(len(pictures), height, width, pictures.shape[3])


def shown_at(pictures: np.ndarray, side: int) -> np.ndarray:
    """Pictures [N, H, W, C] in their shape, with a shorter side of `side` px."""
    return resize(pictures, with_short_side(size_of(pictures.shape[2], pictures.shape[1]), side))


def to_rgb(pictures: np.ndarray) -> np.ndarray:
    """Grey pictures [N, H, W, 1] as [N, H, W, 3]; coloured ones as they are."""
    return np.repeat(pictures, 3, axis=3) if pictures.shape[3] == 1 else pictures


def legible(pictures: np.ndarray) -> np.ndarray:
    """RGB pictures for a sheet: those of a few pixels enlarged by a whole factor, to about 64."""
    side = min(pictures.shape[1:3])
    return shown_at(to_rgb(pictures), side * max(1, round(64 / side)))


def stack(parts: list[Image.Image], gap: int = 8) -> Image.Image:
    """Sheets below each other."""
    height = sum(part.height + gap for part in parts) - gap
    canvas = Image.new("RGB", (max(part.width for part in parts), height), "white")
    top = 0
    for part in parts:
        canvas.paste(part, (0, top))
        top += part.height + gap
    return canvas


def sheet(*rows: np.ndarray, columns: int = 8, gap: int = 2) -> Image.Image:
    """Lay out equally long series of uint8 pictures [N, H, W, 3], each series below the last.

    After `columns` pictures all series go on in a new band.
    """
    count, height, width, _ = rows[0].shape
    columns = min(columns, count)
    bands = -(-count // columns)
    across, down = width + gap, height + gap
    canvas = Image.new(
        "RGB",
        (columns * across - gap, bands * (len(rows) * down + 2 * gap) - 3 * gap),
        "white",
    )
    for index in range(count):
        band, column = divmod(index, columns)
        for line, pictures in enumerate(rows):
            top = band * (len(rows) * down + 2 * gap) + line * down
            canvas.paste(Image.fromarray(pictures[index]), (column * across, top))
    return canvas


def animate(paths: list[Path], target: Path, *, width: int = 1024, seconds: float = 12.0) -> None:
    """Join pictures of equal size to a GIF that loops, the last frame held for two seconds.

    Those that cannot be read are left out, with a warning; of none there is no GIF.
    """
    frames = []
    for path in paths:
        try:
            with Image.open(path) as picture:
                height = round(picture.height * min(1.0, width / picture.width))
                frames.append(picture.convert("RGB").resize((min(width, picture.width), height)))
        except Exception:
            # OSError, SyntaxError, struct.error: a picture breaks in many ways, and nothing but
            # this file is in play here.
            warn(f"{target.name} leaves out {path}, which is damaged")
    if not frames:
        return
    duration = max(40, int(1000 * seconds / len(frames)))
    with files.replacing(target, suffix=".gif") as beside:
        frames[0].save(
            beside,
            save_all=True,
            append_images=frames[1:],
            duration=[*[duration] * (len(frames) - 1), 2000],
            loop=0,
        )
