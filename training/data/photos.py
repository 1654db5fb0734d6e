"""Find and decode photos; what cannot be read is reported, never fatal on its own."""

import os
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from training.errors import UserError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
FORMATS = ("JPEG", "PNG", "WEBP")  # no other decoder is ever offered a file
MIN_SIDE = 32  # less shows no flower, unless no more is asked for
MAX_DECODED = 100_000_000  # pixels in memory at once: 300 MB as RGB, enough for any camera
MAX_DECLARED = 450_000_000  # a 20,000 px square JPEG, which is decoded at an eighth of its size

# Pillow's own guard goes up to that limit, where it refuses instead of warning.
Image.MAX_IMAGE_PIXELS = MAX_DECLARED
warnings.simplefilter("error", Image.DecompressionBombWarning)
# Nothing that the owner of a thousand photos would want to read a thousand times.
warnings.filterwarnings("ignore", "(Possibly c|C)orrupt EXIF data", UserWarning)


class UnreadablePhoto(UserError):
    """A photo that cannot be used; the message is the reason."""


def find_photos(folder: Path) -> list[Path]:
    """All JPEG, PNG and WebP files below `folder`, sorted by relative path.

    Hidden files and folders are left out. Links to folders are followed, each real folder once,
    so a loop of links ends. Raises `UserError` when `folder` is not a folder or holds no photo.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"expected a folder of photos, found no folder at {folder}")
    seen: set[str] = set()
    found = []
    for root, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        if os.path.realpath(root) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(root))
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(root, name)
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    if not found:
        raise UserError(f"found no .jpg, .png or .webp photo in {folder} or its sub-folders")
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def load_image(path: Path, shortest: int) -> Image.Image:
    """Decode a file as it was taken: upright, mode RGB, shorter side about `shortest` or more.

    Transparent parts become black, the canvas's colour, which stands for "nothing drawn here" in
    drawings and photos alike. Raises `UnreadablePhoto` with the reason.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            return _decode(image, shortest)
    except UnreadablePhoto:
        raise
    except Image.UnidentifiedImageError:
        raise UnreadablePhoto("not a JPEG, PNG or WebP image") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadablePhoto("more pixels than any photo: refused as a bomb") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        # Pillow reports damage in all of these, by format.
        raise UnreadablePhoto(" ".join(str(error).split()) or type(error).__name__) from None


def load_photo(path: Path, size: int) -> np.ndarray:
    """Read a photo as uint8 [size, size, 3] RGB: the centre square, resized with Lanczos.

    Raises `UnreadablePhoto` with the reason.
    """
    return to_square(load_image(path, size), size)


def to_square(image: Image.Image, size: int) -> np.ndarray:
    """The centre square of an RGB image as uint8 [size, size, 3]."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    if image.size != (size, size):
        image = image.resize(
            (size, size),
            Image.Resampling.LANCZOS,
            box=(left, top, left + side, top + side),
            reducing_gap=3.0,
        )
    return np.array(image, dtype=np.uint8)


def _decode(image: Image.Image, shortest: int) -> Image.Image:
    width, height = image.size
    least = min(MIN_SIDE, shortest)
    if min(width, height) < least:
        raise UnreadablePhoto(f"{width}x{height} pixels: too small, {least} at least")
    if width * height > MAX_DECLARED:
        raise UnreadablePhoto(f"{width}x{height} pixels: more than any photo, refused as a bomb")
    # Many phones write MPO, a JPEG with a second picture behind it.
    if image.format in ("JPEG", "MPO"):
        # Twice the size leaves the filter, not the decoder, the last word on sharpness.
        image.draft("RGB", (2 * shortest, 2 * shortest))
    # A progressive JPEG keeps all its coefficients in memory, whatever the scale.
    whole = width * height if image.info.get("progressive") else image.size[0] * image.size[1]
    if whole > MAX_DECODED:
        raise UnreadablePhoto(
            f"{width}x{height} pixels: more than {MAX_DECODED // 1_000_000} million, too large"
        )
    _turn_upright(image)
    if image.mode.startswith("I"):  # 16 bits a pixel, grey: conversion would clip, not scale
        return Image.fromarray((np.asarray(image, np.int64) >> 8).astype(np.uint8)).convert("RGB")
    if "A" in image.mode or "transparency" in image.info:
        pixels = image.convert("RGBA")
        opaque = Image.new("RGB", pixels.size)
        opaque.paste(pixels, mask=pixels.getchannel("A"))
        return opaque
    return image.convert("RGB")


def _turn_upright(image: Image.Image) -> None:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        image.load()  # damaged EXIF data says nothing; the picture is read as it lies
