"""Photos as people have them: every mode, turned, damaged, enormous."""

import contextlib
import io
import itertools
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.profiles import BLUE_XYZ, GREEN_XYZ, RED_XYZ, profile
from training.data.found import find
from training.data.photos import UnreadablePhoto, load_photo

RED, BLUE = (200, 30, 40), (20, 60, 220)


def halves(width: int = 96, height: int = 96) -> Image.Image:
    """Left red, right blue."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def near(pixels: np.ndarray, colour: tuple[int, int, int], tolerance: int = 6) -> bool:
    return bool(np.abs(pixels.astype(int) - colour).max() <= tolerance)


def png_of(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds no pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "tif", "bmp", "gif"])
@pytest.mark.parametrize("called", ["photo.{}", "photo", "photo.jpg", "PHOTO.JPG~1"])
def test_reads_every_format_as_rgb_bytes_whatever_it_is_called(tmp_path, suffix, called):
    halves().save(tmp_path / f"photo.{suffix}", quality=95)
    path = (tmp_path / f"photo.{suffix}").rename(tmp_path / called.format(suffix))
    pixels = load_photo(path, 64)
    assert pixels.shape == (64, 64, 3) and pixels.dtype == np.uint8
    assert near(pixels[:, :24], RED) and near(pixels[:, 40:], BLUE)


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [("RGB", "jpg"), *itertools.product(("RGB", "RGBA", "P"), ("png", "webp", "tif", "avif"))],
)
def test_colours_of_a_profile_become_those_of_srgb(tmp_path, suffix, mode):
    """In a profile with red and blue in each other's place, red means blue."""
    swapped = profile(BLUE_XYZ, GREEN_XYZ, RED_XYZ)
    path = tmp_path / f"photo.{suffix}"
    image = halves().quantize(4) if mode == "P" else halves().convert(mode)
    image = image.convert("RGB") if mode == "P" and suffix in ("webp", "avif") else image
    image.save(path, icc_profile=swapped, quality=75 if suffix == "tif" else 98)
    pixels = load_photo(path, 64)
    assert near(pixels[:, :24], RED[::-1], 18) and near(pixels[:, 40:], BLUE[::-1], 18)


@pytest.mark.parametrize("name", ["photo.heic", "photo.HIF", "photo", "photo.jpg"])
def test_what_phones_write_is_read_whatever_it_is_called(tmp_path, name):
    """Half red and half blue in HEVC, drawn by Pillow, 96 x 64 px."""
    (tmp_path / name).write_bytes((Path(__file__).parent / "photos" / "halves.heic").read_bytes())
    assert find(tmp_path).names == [name]
    pixels = load_photo(tmp_path / name, 64)
    assert near(pixels[:, :28], (200, 30, 40), 12) and near(pixels[:, 36:], (40, 90, 200), 12)


def test_a_damaged_profile_says_nothing(tmp_path):
    halves().save(tmp_path / "photo.png", icc_profile=b"no profile at all")
    assert near(load_photo(tmp_path / "photo.png", 64)[:, :24], RED)


def test_crops_the_centre_square(tmp_path):
    image = Image.new("RGB", (300, 100), (0, 0, 0))
    image.paste(RED, (100, 0, 200, 100))
    image.save(tmp_path / "wide.png")
    assert near(load_photo(tmp_path / "wide.png", 64)[:, 2:-2], RED)


def test_turns_upright_what_was_taken_sideways(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    halves().save(tmp_path / "turned.jpg", exif=exif, quality=95)
    pixels = load_photo(tmp_path / "turned.jpg", 64)
    assert near(pixels[:24], RED) and near(pixels[40:], BLUE)


# The module silences it, and pytest's own filters come later.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_reads_a_photo_with_damaged_exif_as_it_lies(tmp_path):
    halves().save(tmp_path / "photo.jpg", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xffjunk")
    halves().save(tmp_path / "junk.jpg", exif=b"Exif\x00\x00no header at all")
    for name in ("photo.jpg", "junk.jpg"):
        assert near(load_photo(tmp_path / name, 64)[:, :20], RED, 12)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "CMYK"])
def test_converts_every_mode(tmp_path, mode):
    suffix = "jpg" if mode == "CMYK" else "png"
    path = tmp_path / f"photo.{suffix}"
    grey = Image.new("RGB", (64, 64), (255, 255, 255))
    grey.paste((0, 0, 0), (0, 0, 32, 64))
    grey.convert("L").convert(mode if mode in ("L", "1", "LA") else "RGB").convert(mode).save(path)
    pixels = load_photo(path, 64)
    assert near(pixels[:, :24], (0, 0, 0), 8) and near(pixels[:, 40:], (255, 255, 255), 8)


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    row = load_photo(tmp_path / "deep.png", 64)[0, :, 0].astype(int)
    assert row[0] == 0 and row[-1] == 255
    assert np.abs(np.diff(row) - 4).max() <= 1


def test_twelve_bits_in_sixteen_are_not_black(tmp_path):
    ramp = np.tile(np.linspace(0, 4095, 64).astype(np.uint16), (64, 1))
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    row = load_photo(tmp_path / "deep.png", 64)[0, :, 0]
    assert row[0] == 0 and row[-1] == 255


@pytest.mark.parametrize("bits", [8, 10, 14])
def test_other_bits_in_sixteen_are_as_bright(tmp_path, bits):
    ramp = np.tile(np.linspace(0, 2**bits - 1, 64).astype(np.uint16), (64, 1))
    for suffix in ("png", "tif"):
        Image.fromarray(ramp).save(tmp_path / f"deep.{suffix}")
        row = load_photo(tmp_path / f"deep.{suffix}", 64)[0, :, 0].astype(int)
        assert row[0] == 0 and row[-1] == 255 and np.abs(np.diff(row) - 4).max() <= 1


@pytest.mark.parametrize("highest", [1.0, 255.0, 1023.0, 65535.0])
def test_fractions_are_scaled(tmp_path, highest):
    Image.fromarray(np.tile(np.linspace(0, highest, 64, dtype=np.float32), (64, 1))).save(
        tmp_path / "deep.tif"
    )
    row = load_photo(tmp_path / "deep.tif", 64)[0, :, 0]
    assert row[0] == 0 and row[-1] == 255


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1.05, 3.0])
def test_one_odd_number_leaves_the_other_fractions_as_they_are(tmp_path, odd):
    values = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    values[32, 32] = odd
    Image.fromarray(values).save(tmp_path / "deep.tif")
    pixels = load_photo(tmp_path / "deep.tif", 64)
    assert np.abs(pixels[0, :, 0] - np.linspace(0, 255, 64)).max() <= 1
    assert pixels[32, 32, 0] == (0 if not odd > 0 else 255)


@pytest.mark.parametrize("mode", ["RGB", "L", "I;16", "P"])
@pytest.mark.parametrize("with_profile", [False, True])
def test_a_colour_that_stands_for_nothing_is_nothing(tmp_path, mode, with_profile):
    """White on the right is transparent, and is laid on the canvas's black."""
    grey = np.full((64, 64), 150, np.uint8)
    grey[:, 32:] = 255
    image = Image.fromarray(grey.astype(np.uint16) * 257 if mode == "I;16" else grey)
    image = image.convert(mode) if mode in ("RGB", "P") else image
    white = {"RGB": (255, 255, 255), "I;16": 65535}.get(mode, 255)
    colours = profile(RED_XYZ, GREEN_XYZ, BLUE_XYZ) if with_profile else None
    image.save(tmp_path / "cut.png", transparency=white, icc_profile=colours)
    pixels = load_photo(tmp_path / "cut.png", 64)
    assert near(pixels[:, :24], (150,) * 3, 8) and near(pixels[:, 40:], (0, 0, 0))


def test_black_ink_on_nothing_is_seen(tmp_path):
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 32, 64))
    image.save(tmp_path / "ink.png")
    pixels = load_photo(tmp_path / "ink.png", 64)
    assert near(pixels[:, :24], (0, 0, 0)) and near(pixels[:, 40:], (255, 255, 255))


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_transparent_parts_become_the_canvas_black(tmp_path, mode):
    image = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    image.paste((*RED, 255), (0, 0, 32, 64))
    image.convert(mode).save(tmp_path / "cut.png")
    pixels = load_photo(tmp_path / "cut.png", 64)
    assert near(pixels[:, :24], RED) and near(pixels[:, 40:], (0, 0, 0))


@pytest.mark.parametrize("size", [(1, 1), (500, 20)])
def test_refuses_what_is_too_small(tmp_path, size):
    Image.new("RGB", size).save(tmp_path / "tiny.png")
    with pytest.raises(UnreadablePhoto, match=f"{size[0]}x{size[1]} pixels: too small"):
        load_photo(tmp_path / "tiny.png", 64)


def test_reads_a_jpeg_of_twenty_thousand_pixels(tmp_path):
    Image.new("RGB", (20_000, 1_000), RED).save(tmp_path / "wide.jpg")
    assert near(load_photo(tmp_path / "wide.jpg", 64), RED)


@pytest.mark.parametrize("side, reason", [(20_000, "too large"), (40_000, "bomb")])
def test_refuses_a_bomb_before_decoding_it(tmp_path, side, reason):
    (tmp_path / "bomb.png").write_bytes(png_of(side, side))
    with pytest.raises(UnreadablePhoto, match=reason):
        load_photo(tmp_path / "bomb.png", 64)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.filterwarnings("ignore:Truncated File Read")
@pytest.mark.parametrize("name", ["photo.avif", "photo.heic", "photo.tif", "photo.webp"])
def test_damage_inside_is_unreadable_in_every_format(tmp_path, name):
    path = tmp_path / name
    if name.endswith("heic"):
        path.write_bytes((Path(__file__).parent / "photos" / "halves.heic").read_bytes())
    else:
        options = {"compression": "tiff_lzw"} if name.endswith("tif") else {}
        halves().save(path, **options)
    content = path.read_bytes()
    places = [content.find(b"mdat") + 4] if b"mdat" in content else range(12, len(content), 7)
    for place in places:
        path.write_bytes(content[:place] + b"\xff" * 20 + content[place + 20 :])
        with contextlib.suppress(UnreadablePhoto):
            load_photo(path, 64)
    if b"mdat" in content:
        with pytest.raises(UnreadablePhoto) as error:
            load_photo(path, 64)
        assert error.value.path == path and str(error.value)


def test_names_the_damage_of_a_truncated_jpeg(tmp_path):
    encoded = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)
    Image.fromarray(noise).save(encoded, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(encoded.getvalue()[:2000])
    with pytest.raises(UnreadablePhoto, match="truncated"):
        load_photo(tmp_path / "cut.jpg", 64)


@pytest.mark.parametrize(
    "content",
    [b"", b"not a picture", b"\xff\xd8\xff\xe0" + bytes(50), png_of(64, 64)],
    ids=["empty", "text", "JPEG header", "PNG header"],
)
def test_what_is_no_picture_is_unreadable(tmp_path, content):
    (tmp_path / "photo.jpg").write_bytes(content)
    with pytest.raises(UnreadablePhoto):
        load_photo(tmp_path / "photo.jpg", 64)


def test_other_decoders_are_never_offered_a_file(tmp_path):
    halves().save(tmp_path / "photo.pcx")
    (tmp_path / "photo.pcx").rename(tmp_path / "photo.jpg")
    with pytest.raises(UnreadablePhoto, match=r"not a picture \(JPEG, PNG, WEBP"):
        load_photo(tmp_path / "photo.jpg", 64)
