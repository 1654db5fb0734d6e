"""See whether a file is a picture that can be trained on, and make a small one to show."""

import struct
import threading
import warnings
import zlib
from pathlib import Path

import pi_heif
from PIL import Image, ImageOps

pi_heif.register_heif_opener()
# What `python -m training prepare` reads, and the suffix that each is stored under.
FORMATS = {
    "JPEG": ".jpg",
    "MPO": ".jpg",  # Many phones write it, a JPEG with a second picture behind it.
    "PNG": ".png",
    "WEBP": ".webp",
    "AVIF": ".avif",
    "HEIF": ".heic",
    "TIFF": ".tif",
    "GIF": ".gif",
    "BMP": ".bmp",
}
_READERS = [kind for kind in FORMATS if kind != "MPO"]  # That of JPEG reads both.
LEAST_SIDE = 32  # Pixels
MOST_PIXELS = 100_000_000
SIDE = 192  # Pixels of the longer side of a thumbnail.
# In which decoders report it, each format in others.
_DAMAGE = (
    *(OSError, ValueError, SyntaxError, EOFError, RuntimeError, TypeError, LookupError),
    *(ArithmeticError, struct.error, zlib.error),
)
_AT_ONCE = threading.BoundedSemaphore(2)  # A large picture takes 300 MB while it is decoded.


class Unusable(ValueError):
    """A file that is left out; its text is the kind, one word that the page has a sentence for."""


def look_at(path: Path, thumbnail: Path) -> tuple[str, str]:
    """Decode a picture, and write its thumbnail.

    Returns its suffix, and a hash of what it looks like: 16 hexadecimal digits. Raises `Unusable`:
    not-a-picture, damaged, too-small or too-large.
    """
    with _AT_ONCE, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of a picture that is large, or has odd notes in it.
        try:
            with Image.open(path, formats=_READERS) as image:
                kind = str(image.format)
                small = _small(image)
        except Unusable:
            raise
        except Image.UnidentifiedImageError:
            raise Unusable("not-a-picture") from None
        except Image.DecompressionBombError:
            raise Unusable("too-large") from None
        except _DAMAGE:
            raise Unusable("damaged") from None
    thumbnail.parent.mkdir(exist_ok=True)
    beside = thumbnail.with_suffix(f".{threading.get_ident()}.new")
    small.save(beside, "JPEG", quality=80)
    beside.replace(thumbnail)
    return FORMATS[kind], look(small)


def _small(image: Image.Image) -> Image.Image:
    width, height = image.size
    if min(width, height) < LEAST_SIDE:
        raise Unusable("too-small")
    if width * height > MOST_PIXELS:
        raise Unusable("too-large")
    image.draft("RGB", (2 * SIDE, 2 * SIDE))
    image.load()
    if image.mode.startswith(("I", "F")):  # Grey, in more than 8 bits; here it is only to be seen.
        low, high = image.getextrema()
        scale = 255 / max(1e-9, float(high) - float(low))  # type: ignore[arg-type]
        image = image.point(lambda value: value * scale - float(low) * scale).convert("L")  # type: ignore[arg-type]
    if "A" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    image = ImageOps.exif_transpose(image).convert("RGB")
    image.thumbnail((SIDE, SIDE))
    return image


def look(picture: Image.Image) -> str:
    """Hash what a picture looks like: of 8 x 8 places, whether the one to the right is brighter."""
    small = picture.convert("L").resize((9, 8), Image.Resampling.BOX)
    values = small.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            place = 9 * row + column
            bits = bits << 1 | (values[place + 1] > values[place])
    return f"{bits:016x}"
