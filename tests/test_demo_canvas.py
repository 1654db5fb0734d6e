import io
import itertools
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from demo.canvas import pixels, read_picture
from demo.errors import UserError
from tests.profiles import BLUE_XYZ, GREEN_XYZ, RED_XYZ, profile

PINK = (224, 57, 154)


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises a size that its data does not have."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT"


def test_nothing_at_all_is_nothing():
    assert pixels(None, 16, "#000000") is None


@pytest.mark.parametrize("background", ["#000000", "#204060"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_background_only_is_nothing(mode, background):
    assert pixels(Image.new(mode, (16, 16), background), 16, background) is None


def test_a_transparent_sheet_is_nothing():
    assert pixels(Image.new("RGBA", (16, 16), (255, 255, 255, 0)), 16, "#000000") is None


def test_a_drawing_of_the_right_size_is_kept_to_the_pixel():
    drawing = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    result = pixels(Image.fromarray(drawing), 16, "#000000")
    assert result is not None and result.dtype == np.uint8
    assert (result == drawing).all()


def test_alpha_shows_the_background():
    drawing = np.zeros((16, 16, 4), np.uint8)
    drawing[:8] = (*PINK, 255)
    drawing[8:] = (255, 255, 255, 0)
    result = pixels(Image.fromarray(drawing), 16, "#204060")
    assert result is not None
    assert tuple(result[0, 0]) == PINK and tuple(result[15, 0]) == (0x20, 0x40, 0x60)


def test_ink_of_the_backgrounds_colour_on_a_transparent_sheet_is_seen():
    sheet = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    sheet.paste((0, 0, 0, 255), (0, 0, 16, 8))
    result = pixels(sheet, 16, "#000000")
    assert result is not None and not result[:8].any() and (result[8:] == 255).all()


def test_half_transparent_colour_is_mixed_with_the_background():
    drawing = Image.new("RGBA", (8, 8), (200, 0, 0, 128))
    result = pixels(drawing, 8, "#000000")
    assert result is not None and tuple(result[0, 0]) == (100, 0, 0)


def test_grey_becomes_three_equal_channels():
    result = pixels(Image.new("L", (8, 8), 99), 8, "#000000")
    assert result is not None and result.shape == (8, 8, 3) and (result == 99).all()


def test_sixteen_bits_are_scaled_not_clipped():
    deep = Image.fromarray(np.full((8, 8), 100 * 256, np.uint16))
    result = pixels(read_picture(encode(deep)), 8, "#000000")
    assert result is not None and (result == 100).all()


def test_twelve_bits_in_sixteen_are_not_black():
    deep = Image.fromarray(np.full((8, 8), 4080, np.uint16))
    result = pixels(read_picture(encode(deep)), 8, "#000000")
    assert result is not None and (result == 255).all()


def test_a_wide_drawing_is_padded_and_nothing_of_it_is_cut():
    result = pixels(Image.new("RGB", (40, 10), PINK), 20, "#000000")
    assert result is not None and result.shape == (20, 20, 3)
    rows = (result == PINK).all(axis=2)
    assert rows[8:12].all() and not rows[:7].any() and not rows[13:].any()


@pytest.mark.parametrize(
    ("size", "mode"),
    [
        *[((4000, 1), mode) for mode in ("RGB", "RGBA", "L", "1")],
        *[(size, "1") for size in ((1, 4000), (4_000_000, 1), (1, 4_000_000), (401, 3))],
    ],
)
def test_the_thinnest_line_is_a_line_of_one_pixel_in_the_middle(size, mode):
    drawn = read_picture(encode(Image.new(mode, size, "white")))
    result = pixels(drawn, 16, "#204060")
    assert result is not None and result.shape == (16, 16, 3)
    white = (result > 250).all(axis=2)
    across = white if size[0] > size[1] else white.T
    assert across[8].all() and white.sum() == 16
    assert (result[~white] == (0x20, 0x40, 0x60)).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_read(kind):
    image = read_picture(encode(Image.new("RGB", (30, 20), PINK), kind))
    assert image.size == (30, 20)
    assert np.abs(np.asarray(image.convert("RGB"))[0, 0].astype(int) - PINK).max() < 12


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK"])
def test_other_modes_are_read(mode):
    image = Image.new("RGB", (16, 16), "#ffffff").convert(mode)
    result = pixels(read_picture(encode(image, "JPEG" if mode == "CMYK" else "PNG")), 16, "#000000")
    assert result is not None and result.min() > 250


def test_a_picture_is_turned_upright():
    image = Image.new("RGB", (30, 20), PINK)
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_picture(encode(image, "JPEG", exif=exif)).size == (20, 30)


@pytest.mark.parametrize("size", [(2001, 2000), (20_000, 20_000), (100_000, 100_000)])
def test_more_than_four_megapixels_are_refused_before_they_are_decoded(size):
    with pytest.raises(UserError, match="at most 4 megapixels"):
        read_picture(png_of(*size))


def test_a_picture_of_one_pixel_is_read():
    result = pixels(read_picture(encode(Image.new("RGB", (1, 1), PINK))), 16, "#000000")
    assert result is not None and (result == PINK).all()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        encode(Image.new("RGB", (64, 64), PINK))[:-30],
        encode(Image.effect_noise((64, 64), 99), "JPEG")[:400],
        encode(Image.new("RGB", (8, 8), PINK), "GIF"),
        encode(Image.new("RGB", (8, 8), PINK), "TIFF"),
        png_of(10, 10),
    ],
    ids=["empty", "text", "truncated png", "truncated jpeg", "gif", "tiff", "header only"],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(UserError, match="expected a PNG, JPEG or WebP picture"):
        read_picture(data)


@pytest.mark.parametrize(
    "kind, mode",
    [("JPEG", "RGB"), *itertools.product(("PNG", "WEBP"), ("RGB", "RGBA", "P"))],
)
def test_colours_of_a_profile_are_seen_as_a_browser_shows_them(kind, mode):
    """In a profile with red and blue in each other's place, red means blue."""
    swapped = profile(BLUE_XYZ, GREEN_XYZ, RED_XYZ)
    image = Image.new("RGB", (32, 32), (200, 30, 40)).convert(mode)
    read = read_picture(encode(image, kind, icc_profile=swapped, quality=98))
    laid = pixels(read, 16, "#000000")
    assert laid is not None and np.abs(laid[8, 8].astype(int) - (40, 30, 200)).max() < 20


@pytest.mark.parametrize("told", [b"no profile at all", b"\0" * 300])
def test_a_damaged_profile_says_nothing(told):
    read = read_picture(encode(Image.new("RGB", (32, 32), PINK), icc_profile=told))
    laid = pixels(read, 16, "#000000")
    assert laid is not None and (laid == PINK).all()
