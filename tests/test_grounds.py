"""Transparent pictures: what they are laid on, and where their things are said to be."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from training.data.photos import decode, load_photo
from training.prepare.grounds import FLOOR, WALL, lay
from training.prepare.sketches import SKETCHES
from training.prepare.sketches.scene import WORK, analyse

RED = (200, 30, 40)
SIZE = 128


def ball(size: tuple[int, int] = (96, 96), colour: tuple[int, int, int] = RED) -> Image.Image:
    """A ball in the upper left quarter of a transparent picture."""
    image = Image.new("RGBA", size)
    ImageDraw.Draw(image).ellipse((8, 8, 47, 47), fill=(*colour, 255))
    return image


def is_near(pixels: np.ndarray, colour: tuple[int, int, int], far: int = 10) -> np.ndarray:
    return np.abs(pixels.astype(int) - colour).max(axis=-1) <= far


@pytest.mark.parametrize("ground, behind", [("black", (0, 0, 0)), ("white", (255, 255, 255))])
def test_a_plain_ground_takes_a_thing_as_it_lies(ground, behind):
    photo, thing = lay(ball(), SIZE, ground, np.random.default_rng(0))
    assert photo.shape == (SIZE, SIZE, 3) and photo.dtype == np.uint8 and thing.dtype == bool
    assert is_near(photo[40, 40], RED) and is_near(photo[-1, -1], behind, 0)
    np.testing.assert_array_equal(thing, is_near(photo, RED, 100))
    rows, columns = np.nonzero(thing)
    assert abs(columns.mean() - SIZE * 27.5 / 96) < 1 and abs(rows.mean() - SIZE * 27.5 / 96) < 1


def test_what_is_dark_lies_on_white_and_not_on_black():
    photo, _ = lay(ball(colour=(10, 10, 10)), SIZE, "black", np.random.default_rng(0))
    assert is_near(photo[-1, -1], (255, 255, 255), 0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [(96, 96), (300, 60)])
def test_in_a_studio_a_thing_stands_whole_on_a_floor_with_a_shadow(seed, size):
    photo, thing = lay(ball(size), SIZE, "studio", np.random.default_rng(seed))
    rows, columns = np.nonzero(thing)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert abs(height - width) <= 2 and 0.6 * SIZE < width < 0.92 * SIZE, "whole, and round"
    assert is_near(photo[0, 0], WALL) and is_near(photo[-1, 0], FLOOR, 24)
    below = photo[min(rows.max() + 2, SIZE - 1), int(columns.mean())].astype(int)
    beside = photo[min(rows.max() + 2, SIZE - 1), 1].astype(int)
    assert (below < beside - 15).all(), "a shadow where it stands"
    assert is_near(photo[int(rows.mean()), int(columns.mean())], RED)


def test_a_studio_shows_many_sizes_and_places_and_one_seed_one():
    shown = [lay(ball(), SIZE, "studio", np.random.default_rng(seed))[1] for seed in range(16)]
    shares = [mask.mean() for mask in shown]
    assert max(shares) > 1.4 * min(shares)
    again = lay(ball(), SIZE, "studio", np.random.default_rng(3))[1]
    np.testing.assert_array_equal(again, shown[3])


def test_a_known_thing_is_drawn_alone_and_in_its_place():
    photo, thing = lay(ball(), SIZE, "studio", np.random.default_rng(1))
    scene = analyse(photo, thing)
    truth = np.asarray(Image.fromarray(thing).resize((WORK, WORK)))
    assert (scene.thing & truth).sum() / (scene.thing | truth).sum() > 0.95
    for seed in range(40):
        sketch = SKETCHES["mixed"](scene, np.random.default_rng(seed))
        far = np.asarray(Image.fromarray(thing)).copy()
        rows, columns = np.nonzero(far)
        far[max(0, rows.min() - 14) : rows.max() + 14, :] = True
        assert sketch[~far].max(initial=0) < 24, "nothing is drawn behind it"


def test_a_picture_without_a_transparent_pixel_is_a_photo_like_others(tmp_path):
    Image.new("RGBA", (64, 64), (*RED, 255)).save(tmp_path / "opaque.png")
    assert decode(tmp_path / "opaque.png", 64).mode == "RGB"
    assert is_near(load_photo(tmp_path / "opaque.png", 64), RED, 0).all()
