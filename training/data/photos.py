"""Decode photos; what cannot be read is reported, never fatal on its own."""

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pi_heif
from PIL import Image, ImageCms, ImageOps

from training.errors import UserError
from training.size import Size, sides

pi_heif.register_heif_opener()
# No other decoder is ever offered a file.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "GIF", "BMP")
MIN_SIDE = 32  # less shows no flower, unless no more is asked for
MAX_DECODED = 100_000_000  # pixels in memory at once: 300 MB as RGB, enough for any camera
MAX_DECLARED = 450_000_000  # a 20,000 px square JPEG, which is decoded at an eighth of its size

DARK = 48  # Of 255: what is no brighter is not seen on black.
# In which decoders report it, each format in others.
_DAMAGE = (
    *(OSError, ValueError, SyntaxError, EOFError, RuntimeError, TypeError, LookupError),
    *(ArithmeticError, struct.error, zlib.error),
)
# What white is in numbers of more than a byte: bits that cameras, scanners and programs fill.
_BITS = (8, 10, 12, 14, 16, 24, 32)
_OVER = 1.1  # Times white, up to which a filter may have sharpened.
_BRIGHT = 8.0  # Times white, up to which fractions may go; in bytes such a picture is black.
_SRGB = ImageCms.createProfile("sRGB")

# Pillow's own guard goes up to that limit, where it refuses instead of warning.
Image.MAX_IMAGE_PIXELS = MAX_DECLARED
warnings.simplefilter("error", Image.DecompressionBombWarning)
# Nothing that the owner of a thousand photos would want to read a thousand times.
warnings.filterwarnings("ignore", "(Possibly c|C)orrupt EXIF data", UserWarning)


class UnreadablePhoto(UserError):
    """A photo that cannot be used; the message is the reason, `path` the file."""

    path: Path | None = None


def load_image(path: Path, shortest: int) -> Image.Image:
    """Decode a file as `decode` does, and lay what is transparent on black.

    That is the canvas's colour, which stands for "nothing drawn here" in drawings and photos alike;
    or on white, where what is seen is as dark as that. Raises `UnreadablePhoto` with the reason.
    """
    image = decode(path, shortest)
    return on_black(image) if image.mode == "RGBA" else image


def decode(path: Path, shortest: int) -> Image.Image:
    """Decode a file as it was taken: upright, sRGB, shorter side about `shortest` or more.

    Gives an image in RGBA where parts are transparent, else in RGB. Raises `UnreadablePhoto` with
    the reason.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            return _decode(image, shortest)
    except UnreadablePhoto as reason:
        unreadable = reason
    except Image.UnidentifiedImageError:
        unreadable = UnreadablePhoto(f"not a picture ({', '.join(FORMATS)})")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        unreadable = UnreadablePhoto("more pixels than any photo: refused as a bomb")
    except _DAMAGE as error:
        unreadable = UnreadablePhoto(" ".join(str(error).split()) or type(error).__name__)
    unreadable.path = path
    raise unreadable


def load_photo(path: Path, size: Size) -> np.ndarray:
    """Read a photo as uint8 [H, W, 3] RGB of this size: its middle, resized with Lanczos.

    Raises `UnreadablePhoto` with the reason.
    """
    return to_size(load_image(path, max(sides(size))), size)


def to_size(image: Image.Image, size: Size) -> np.ndarray:
    """The largest part in the middle of an RGB image that has the shape, as uint8 [H, W, 3]."""
    rows, columns = sides(size)
    width, height = image.size
    across, down = min(width, height * columns // rows), min(height, width * rows // columns)
    left, top = (width - across) // 2, (height - down) // 2
    if image.size != (columns, rows):
        image = image.resize(
            (columns, rows),
            Image.Resampling.LANCZOS,
            box=(left, top, left + across, top + down),
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
    if image.mode.startswith(("I", "F")):  # Grey, in more than 8 bits.
        image = _in_bytes(image)
    image = _to_srgb(image)
    if "A" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        return image if np.asarray(image)[..., 3].min() < 255 else image.convert("RGB")
    return image.convert("RGB")


def _in_bytes(image: Image.Image) -> Image.Image:
    """Grey in 8 bits, with what a PNG says is transparent: Pillow would clip the values."""
    values = np.asarray(image)
    grey = Image.fromarray(_to_bytes(values))
    if "icc_profile" in image.info:
        grey.info["icc_profile"] = image.info["icc_profile"]
    if isinstance(clear := image.info.get("transparency"), int):
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


def _to_bytes(values: np.ndarray) -> np.ndarray:
    """Scale numbers of 10 to 32 bits, or from 0 to 1, to 0..255; what is no number is black."""
    known = values[np.isfinite(values)]
    highest = float(known.max()) if known.size else 0.0
    if values.dtype.kind != "f":
        # Cameras and scanners of 10, 12 or 14 bits write them into 16 as they are.
        bits = next(bits for bits in _BITS if highest < 1 << bits)
        return (np.clip(values, 0, None) >> (bits - 8)).astype(np.uint8)
    whites = [(1 << bits) - 1.0 for bits in _BITS]
    white = next((white for white in whites if highest <= _OVER * white), highest)
    values = np.nan_to_num(values, nan=0, posinf=highest, neginf=0).clip(0)
    scaled = values * (255 / (1 if highest <= _BRIGHT else white))
    return np.rint(scaled.clip(0, 255)).astype(np.uint8)


def _to_srgb(image: Image.Image) -> Image.Image:
    """Convert the colours of an embedded profile (Display P3, Adobe RGB, CMYK) to sRGB.

    A colour that stands for what is transparent becomes that first, as it would be another one.
    """
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    if "transparency" in image.info:
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    elif image.mode in ("P", "PA"):
        image = image.convert("RGBA" if image.mode == "PA" else "RGB")
    to_mode = "RGBA" if image.mode == "RGBA" else "RGB"
    alpha = image.getchannel("A") if image.mode == "LA" else None
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        colours = image.convert("L") if alpha else image
        converted = ImageCms.profileToProfile(colours, own, _SRGB, outputMode=to_mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # A profile that is damaged, or of other colours, says nothing.
    if converted and alpha:
        converted.putalpha(alpha)
    return converted or image


def on_black(image: Image.Image) -> Image.Image:
    """Lay an RGBA image on black, or on white if it is as dark as that itself."""
    alpha = image.getchannel("A")
    brightest = np.asarray(image)[..., :3].max(axis=-1)[np.asarray(alpha) > 127]
    dark = brightest.size and np.percentile(brightest, 99) < DARK
    opaque = Image.new("RGB", image.size, "white" if dark else "black")
    opaque.paste(image, mask=alpha)
    return opaque


def _turn_upright(image: Image.Image) -> None:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        image.load()  # damaged EXIF data says nothing; the picture is read as it lies
