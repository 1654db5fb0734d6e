"""Sheets: drawings above what a generator makes of them, as one picture."""

from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from PIL import Image

from training import files


def to_pixels(tensor: Any) -> np.ndarray:
    """Float [-1, 1] of any shape -> uint8 0..255, rounded."""
    pixels = (keras.ops.convert_to_numpy(tensor).astype(np.float32) + 1.0) * 127.5
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def draw(generator: keras.Model, sketches: np.ndarray, batch: int = 8) -> np.ndarray:
    """Run a generator on uint8 sketches [N, S, S, 3]; returns uint8 [N, S, S, 3]."""
    outputs = [
        to_pixels(generator(rows.astype(np.float32) / 127.5 - 1.0, training=False))
        for rows in np.split(sketches, range(batch, len(sketches), batch))
    ]
    return np.concatenate(outputs)


def spread(pictures: np.ndarray, count: int) -> np.ndarray:
    """Take `count` pictures at equal distances, always the same ones, all if there are fewer.

    The first ones would not do: data sorted by name is often sorted by kind.
    """
    rows = np.linspace(0, len(pictures) - 1, min(count, len(pictures)))
    return pictures[rows.astype(int)]


def resize(pictures: np.ndarray, side: int) -> np.ndarray:
    """Resize uint8 [N, S, S, 3] to uint8 [N, side, side, 3]; smaller pixels are means of areas."""
    return np.stack(
        [cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in pictures]
    )


def sheet(*rows: np.ndarray, columns: int = 8, gap: int = 2) -> Image.Image:
    """Lay out equally long series of uint8 pictures [N, S, S, 3], each series below the last.

    After `columns` pictures all series go on in a new band.
    """
    count, size = len(rows[0]), rows[0].shape[1]
    columns = min(columns, count)
    bands = -(-count // columns)
    cell = size + gap
    canvas = Image.new(
        "RGB",
        (columns * cell - gap, bands * (len(rows) * cell + 2 * gap) - 3 * gap),
        "white",
    )
    for index in range(count):
        band, column = divmod(index, columns)
        for line, pictures in enumerate(rows):
            top = band * (len(rows) * cell + 2 * gap) + line * cell
            canvas.paste(Image.fromarray(pictures[index]), (column * cell, top))
    return canvas


def animate(paths: list[Path], target: Path, *, width: int = 1024, seconds: float = 12.0) -> None:
    """Join pictures of equal size to a GIF that loops, the last frame held for two seconds."""
    frames = []
    for path in paths:
        with Image.open(path) as picture:
            height = round(picture.height * min(1.0, width / picture.width))
            frames.append(picture.convert("RGB").resize((min(width, picture.width), height)))
    duration = max(40, int(1000 * seconds / len(frames)))
    with files.replacing(target, suffix=".gif") as beside:
        frames[0].save(
            beside,
            save_all=True,
            append_images=frames[1:],
            duration=[*[duration] * (len(frames) - 1), 2000],
            loop=0,
        )
