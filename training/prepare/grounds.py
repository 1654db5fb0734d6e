"""Lay a cut-out thing on a ground: as it lies in its picture, or standing in a plain studio."""

from typing import Literal

import cv2
import numpy as np
from PIL import Image

from training.data.photos import on_black, to_size
from training.size import Size, sides

Ground = Literal["black", "white", "studio"]

# Of a studio: the wall's light above, the floor's below, and how much of it a shadow takes.
WALL, FLOOR, SHADE = (243, 241, 238), (219, 215, 210), 0.5
# Shares of the picture's side that a thing's longer side takes, and how far it is off the middle.
LEAST, MOST, OFF = 0.62, 0.9, 0.05
OPAQUE = 127  # Of 255: more is the thing, less is what is behind it.


def lay(
    image: Image.Image, size: Size, ground: Ground, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Lay an RGBA image on a ground: its picture, uint8 [H, W, 3], and where the thing is.

    Black (white under what is as dark as that) and white take it as it lies, its middle. In
    a studio it stands whole, in one of many sizes and a little off the middle, as `rng` says, and
    throws a soft shadow.
    """
    if ground == "studio":
        return _stand(image, size, rng)
    if ground == "black":
        opaque = on_black(image)
    else:
        opaque = Image.new("RGB", image.size, ground)
        opaque.paste(image, mask=image.getchannel("A"))
    alpha = to_size(image.getchannel("A").convert("RGB"), size)[..., 0]
    return to_size(opaque, size), alpha > OPAQUE


def _stand(
    image: Image.Image, size: Size, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    height, width = sides(size)
    share = rng.uniform(LEAST, MOST)
    right, down = rng.uniform(-OFF, OFF, 2)
    box = image.getchannel("A").point(lambda value: 255 * (value > OPAQUE)).getbbox()
    cut = image.crop(box or (0, 0, *image.size))
    scale = min(share * width / cut.width, share * height / cut.height)
    cut = cut.resize(
        (max(1, round(cut.width * scale)), max(1, round(cut.height * scale))),
        Image.Resampling.LANCZOS,
        reducing_gap=3.0,
    )
    left = round((width - cut.width) / 2 + right * width)
    top = round((height - cut.height) / 2 + down * height)
    placed = Image.new("RGBA", (width, height))
    placed.paste(cut, (left, top))
    pixels = np.asarray(placed).astype(np.float32)
    alpha = pixels[..., 3:] / 255
    behind = (
        _studio(height, width) * (1 - SHADE * _shadow(alpha[..., 0], top + cut.height))[..., None]
    )
    photo = pixels[..., :3] * alpha + behind * (1 - alpha)
    return np.rint(photo).clip(0, 255).astype(np.uint8), pixels[..., 3] > OPAQUE


def _studio(height: int, width: int) -> np.ndarray:
    """A wall that runs into its floor without an edge, float32 [height, width, 3]."""
    heights = np.linspace(-1, 1, height, dtype=np.float32)
    floor = (1 / (1 + np.exp(-4 * (heights - 0.35))))[:, None, None]
    shades = np.array(WALL, np.float32) * (1 - floor) + np.array(FLOOR, np.float32) * floor
    return np.broadcast_to(shades, (height, width, 3))


def _shadow(alpha: np.ndarray, bottom: int) -> np.ndarray:
    """How much light a thing [H, W] that stands on row `bottom` takes from the floor, 0 to 1."""
    width = alpha.shape[1]
    shadow = np.zeros_like(alpha)
    # Wide and soft from all of it, narrow and dark from where it touches the ground.
    for flat, blur, weight in ((0.16, 0.035, 0.5), (0.05, 0.012, 0.5)):
        height = max(2, round(bottom * flat))
        squashed = cv2.resize(alpha[:bottom], (width, height), interpolation=cv2.INTER_AREA)
        part = np.zeros_like(alpha)
        first = bottom - round(height * 0.62)
        rows = part[first : first + height]
        rows[:] = np.minimum(1, 1.6 * squashed[: len(rows)])
        shadow += weight * cv2.GaussianBlur(part, (0, 0), blur * min(alpha.shape))
    return shadow
