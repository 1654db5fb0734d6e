"""Turn a drawing, or an uploaded picture, into the pixels that a model takes."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageColor, ImageOps

from demo.errors import UserError
from demo.sizes import Size, sides_of

FORMATS = ("PNG", "JPEG", "WEBP")
# A phone's screen, more than a drawing of 256 px can show, and 16 MB once it is decoded.
MAX_PIXELS = 4_000_000
_SRGB = ImageCms.createProfile("sRGB")


def read_picture(source: str | Path | bytes) -> Image.Image:
    """Decode a PNG, JPEG or WebP picture of at most 4 megapixels, upright, in sRGB, first frame.

    The size is read from the file's header, before anything is decoded. Raises `UserError`.
    """
    try:
        file = io.BytesIO(source if isinstance(source, bytes) else Path(source).read_bytes())
        with warnings.catch_warnings():
            # Pillow's own warning comes at 89 megapixels, far above the limit here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=FORMATS)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise UserError(
                f"expected at most 4 megapixels, got {width} x {height}; make the picture smaller"
            )
        image.load()
        return _to_srgb(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        raise UserError("expected at most 4 megapixels; make the picture smaller") from None
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError("expected a PNG, JPEG or WebP picture; this one cannot be read") from None


def _to_srgb(image: Image.Image) -> Image.Image:
    """Convert the colours of an embedded profile, as a browser does before it sends a picture."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    mode = image.mode if image.mode in ("RGBA", "LA") else "RGB"
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, own, _SRGB, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # A profile that is damaged, or of other colours, says nothing.


def pixels(drawing: Image.Image | None, size: Size, background: str) -> np.ndarray | None:
    """Fit a drawing of any shape into the model's canvas: uint8 `[H, W, 3]`, RGB.

    Transparent parts show `background` ("#rrggbb"); ink of that same colour on a transparent sheet
    shows on the opposite. Nothing that was drawn is cut off: what has another shape is padded, and
    the thinnest line keeps one pixel. Returns None where there is nothing to see: no drawing, or
    background only.
    """
    if drawing is None:
        return None
    if drawing.mode.startswith("I;16"):  # Pillow would clip 16 bits to 255, not scale them.
        values = np.asarray(drawing)
        # Cameras and scanners of 12 bits write them into 16 as they are.
        bits = 4 if values.max() < 4096 else 8
        drawing = Image.fromarray((values >> bits).astype(np.uint8))
    drawing = drawing.convert("RGBA")
    ground = ImageColor.getrgb(background)[:3]
    laid = _laid(drawing, size, ground)
    if laid is None and drawing.getchannel("A").getextrema() == (0, 255):
        return _laid(drawing, size, tuple(255 - value for value in ground))
    return laid


def _laid(drawing: Image.Image, size: Size, ground: tuple[int, ...]) -> np.ndarray | None:
    """Lay an RGBA drawing on a ground of one colour; None where that alone is seen."""
    flat = Image.new("RGBA", drawing.size, ground)
    flat.alpha_composite(drawing)
    rows, columns = sides_of(size)
    scale = min(columns / flat.width, rows / flat.height)
    width, height = (max(1, round(side * scale)) for side in flat.size)
    fitted = flat.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (columns, rows), ground)
    canvas.paste(fitted, (round((columns - width) / 2), round((rows - height) / 2)))
    result = np.asarray(canvas)
    return None if (result == np.array(ground, np.uint8)).all() else result
