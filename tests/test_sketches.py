"""Sketches of flowers that the test paints itself."""

import cv2
import numpy as np
import pytest

from training.prepare.sketches import SKETCHES
from training.prepare.sketches.canvas import Canvas
from training.prepare.sketches.colours import ALL_PENS, PENS, brighten, flatten, nearest_pens
from training.prepare.sketches.scene import WORK, Scene, analyse, drop_specks
from training.prepare.sketches.things import whiteness

WHITE, YELLOW, PINK = (235, 235, 240), (245, 205, 40), (225, 60, 150)
GREEN_TINGED = (215, 230, 190)


def flower(petal: tuple[int, int, int], size: int = 256, noise: float = 12) -> np.ndarray:
    """A flower of six petals with a brown centre before leafy noise, uint8 [size, size, 3]."""
    rng = np.random.default_rng(5)
    photo = np.empty((size, size, 3), np.uint8)
    photo[:] = (45, 95, 40)
    leaves = cv2.resize(rng.normal(0, 1, (24, 24)), (size, size), interpolation=cv2.INTER_CUBIC)
    photo[leaves > 0.6] = (75, 130, 55)
    middle = size // 2
    for angle in range(0, 360, 60):
        turn = np.radians(angle)
        at = (int(middle + size * 0.17 * np.cos(turn)), int(middle + size * 0.17 * np.sin(turn)))
        cv2.ellipse(photo, at, (size // 6, size // 10), angle, 0, 360, petal, -1)
    cv2.circle(photo, (middle, middle), size // 13, (110, 60, 20), -1)
    grainy = photo + rng.normal(0, noise, photo.shape)
    return np.clip(grainy, 0, 255).astype(np.uint8)


def of_plants(photo: np.ndarray) -> Scene:
    return analyse(photo, plants=True)


def drawn(sketch: np.ndarray) -> np.ndarray:
    return sketch.max(axis=2) > 24


@pytest.mark.parametrize("style", SKETCHES)
@pytest.mark.parametrize("size", [64, 256])
def test_a_sketch_has_the_shape_of_its_photo(style, size):
    sketch = SKETCHES[style](of_plants(flower(PINK, size)), np.random.default_rng(0))
    assert sketch.shape == (size, size, 3) and sketch.dtype == np.uint8
    assert drawn(sketch).any()


@pytest.mark.parametrize("style", SKETCHES)
def test_a_sketch_depends_on_nothing_but_photo_and_seed(style):
    photo, other = flower(PINK), flower(WHITE)
    before = photo.copy()
    first = SKETCHES[style](of_plants(photo), np.random.default_rng(3))
    cv2.setRNGSeed(99)  # OpenCV's own generator is global
    SKETCHES[style](of_plants(other), np.random.default_rng(4))
    np.testing.assert_array_equal(
        SKETCHES[style](of_plants(photo), np.random.default_rng(3)), first
    )
    np.testing.assert_array_equal(photo, before)


def test_mixed_draws_a_photo_in_many_ways():
    draws = [
        SKETCHES["mixed"](of_plants(flower(PINK)), np.random.default_rng(k)) for k in range(40)
    ]
    covered = np.array([drawn(draw).mean() for draw in draws])
    assert len({draw.tobytes() for draw in draws}) == 40
    assert (covered < 0.12).any(), "no outline among them"
    assert (covered > 0.6).any(), "no background among them"
    assert 0.3 < np.mean(covered < 0.4) < 0.9, "about half stand on an empty canvas"


@pytest.mark.parametrize("style", SKETCHES)
@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((256, 256, 3), np.uint8),
        np.full((256, 256, 3), 255, np.uint8),
        np.full((256, 256, 3), (40, 110, 50), np.uint8),
        np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8),
    ],
    ids=["black", "white", "green", "noise"],
)
def test_no_photo_is_too_strange_to_draw(style, pixels):
    for seed in range(8):
        assert SKETCHES[style](of_plants(pixels), np.random.default_rng(seed)).shape == pixels.shape


@pytest.mark.parametrize("petal", [WHITE, YELLOW, PINK, GREEN_TINGED])
def test_the_flower_is_found_whatever_its_colour(petal):
    photo = flower(petal)
    truth = cv2.resize(flower(petal, noise=0), (WORK, WORK), interpolation=cv2.INTER_NEAREST)
    truth = (np.abs(truth.astype(int) - petal).sum(2) < 12) | (truth[..., 0] == 110)
    found = of_plants(photo).thing
    overlap = (found & truth).sum() / (found | truth).sum()
    assert overlap > 0.85


def test_leaves_are_green_and_petals_are_not():
    scene = of_plants(flower(GREEN_TINGED))
    assert scene.green[:20, :20].mean() > 0.9
    assert not scene.green[scene.thing].any()


def test_outlines_are_strokes_in_the_colour_of_the_petals():
    photo = flower(PINK)
    inside = of_plants(photo).thing.mean()
    for seed in range(6):
        sketch = SKETCHES["outline"](of_plants(photo), np.random.default_rng(seed))
        strokes = drawn(sketch)
        assert 0.01 < strokes.mean() < inside
        red, green, blue = np.median(sketch[strokes], axis=0)
        assert red > 150 and red > blue > green, "a pink pen"


def test_blobs_fade_greens_to_black():
    sketch = SKETCHES["blobs"](of_plants(flower(PINK)), np.random.default_rng(0))
    assert sketch[:40, :40].max() < 40
    assert sketch[128, 170, 0] > 150


def test_flat_colours_are_few():
    image = flower(PINK, 128)
    labels, colours = flatten(image, np.ones((128, 128), bool), 4)
    assert 2 <= len(colours) <= 4 and colours.dtype == np.uint8
    assert set(np.unique(labels)) == set(range(len(colours)))
    sizes = np.bincount(labels.ravel())
    assert (np.diff(sizes) <= 0).all(), "largest first"


def test_flattening_nothing_gives_no_colours():
    labels, colours = flatten(flower(PINK, 128), np.zeros((128, 128), bool), 4)
    assert (labels == -1).all() and colours.shape == (0, 3)


def test_pens_are_brighter_and_purer_and_grey_stays_grey():
    petal, grey = np.array([[150, 60, 90]], np.uint8), np.array([[120, 120, 120]], np.uint8)
    pushed = brighten(petal, 1.0)[0].astype(int)
    assert pushed.max() > 150
    assert pushed.min() / pushed.max() < 60 / 150
    assert np.ptp(brighten(grey, 1.0)) == 0
    np.testing.assert_array_equal(brighten(petal, 0.0), petal)


def test_the_nearest_pen_to_a_pen_is_itself():
    np.testing.assert_array_equal(nearest_pens(PENS), PENS)


def test_specks_are_dropped_and_regions_kept():
    mask = np.zeros((100, 100), bool)
    mask[10:40, 10:40] = mask[70, 70] = True
    kept = drop_specks(mask, 0.01)
    assert kept[10:40, 10:40].all() and kept.sum() == 900


def test_a_stroke_has_the_width_of_its_brush():
    canvas = Canvas(256, 256, np.random.default_rng(0))
    side = canvas.width
    line = np.array([[0, side / 2], [side, side / 2]])
    canvas.stroke(line, np.array([255, 255, 255]), 8)
    column = canvas.finish(wobble=0)[:, 128, 0].astype(float) / 255
    assert abs(column.sum() - 8) <= 1


def test_edges_are_smooth_as_a_brush_leaves_them():
    canvas = Canvas(256, 256, np.random.default_rng(0))
    canvas.disc(((256, 256), (301, 301), 0), np.array([255, 255, 255]))
    values = np.unique(canvas.finish(wobble=0))
    assert len(values) > 2, "grey steps between black and white"


def test_wobble_moves_lines_by_a_few_pixels_only():
    canvas = Canvas(256, 256, np.random.default_rng(1))
    canvas.fill(np.tri(canvas.width, dtype=bool), np.array([255, 255, 255]))
    straight = canvas.finish(wobble=0)[..., 0] > 127
    moved = canvas.finish(wobble=4)[..., 0] > 127
    changed = np.argwhere(straight != moved)
    assert len(changed)
    assert np.abs(changed[:, 0] - changed[:, 1]).max() <= 24


def test_the_same_thing_is_found_in_a_mirror_and_upside_down():
    photo = np.full((128, 128, 3), (60, 110, 70), np.uint8)
    cv2.ellipse(photo, (50, 76), (34, 20), 30, 0, 360, (220, 60, 50), -1)
    sure = whiteness(photo)
    assert sure.max() > 0.8 and sure.min() < 0.2
    for view in (np.s_[:, ::-1], np.s_[::-1], np.s_[::-1, ::-1]):
        np.testing.assert_allclose(whiteness(photo[view])[view], sure, atol=1e-5)


@pytest.mark.parametrize("colour", [(16, 139, 176), (53, 107, 127), (0, 100, 110)])
def test_petrol_and_teal_are_drawn_dark_not_pale(colour):
    """A blazer and a blouse of these colours became a pale grey blue."""
    (pen,) = nearest_pens(np.array([colour], np.uint8), ALL_PENS, shade=1.0)
    assert abs(int(pen.mean()) - np.mean(colour)) < 40 and pen[2] > pen[0]
