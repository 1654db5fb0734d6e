"""The background that training blurs, behind flowers that the test paints itself."""

import cv2
import numpy as np
import pytest

from tests.test_prepare_background import RED, detail, photo, redness_beside_the_flower
from training.canvas import DRAWN
from training.pixels import to_network, to_pixels
from training.transfer.background import blur_where_empty


def soften(sketch: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """`blur_where_empty` of one picture, uint8 [S, S, 3] in and out."""
    scaled = (to_network(x[None]) for x in (sketch, pixels))
    return to_pixels(blur_where_empty(*scaled))[0]


def sketched(size: int) -> np.ndarray:
    """The flower of `photo`, filled in."""
    sketch = np.zeros((size, size, 3), np.uint8)
    cv2.circle(sketch, (size // 2, size // 2), size // 4, RED, -1)
    return sketch


@pytest.mark.parametrize("size", [64, 96, 256])
def test_what_is_drawn_stays_sharp_and_the_empty_rest_does_not(size):
    sharp, sketch = photo(size), sketched(size)
    soft = soften(sketch, sharp)
    # But for the outermost of it: the blur is worked out in cells.
    kept = cv2.erode(sketch.max(2), np.ones((3, 3), np.uint8), iterations=size // 64) > 0
    np.testing.assert_array_equal(soft[kept], sharp[kept])
    corner = slice(0, size // 8)
    assert detail(soft[corner, corner]) < 0.25 * detail(sharp[corner, corner])
    # Blurred, not painted over: the greens come to the same.
    assert np.abs(soft[corner, corner].mean((0, 1)) - sharp[corner, corner].mean((0, 1))).max() < 12


def test_what_an_outline_surrounds_is_drawn_too():
    sharp = photo()
    sketch = np.zeros_like(sharp)
    cv2.circle(sketch, (128, 128), 26, RED, 5)
    inside = slice(128 - 12, 128 + 12)
    np.testing.assert_array_equal(soften(sketch, sharp)[inside, inside], sharp[inside, inside])


def test_the_flower_leaves_no_halo():
    soft = redness_beside_the_flower(soften(sketched(256), photo()), 9, 16)
    plain = redness_beside_the_flower(cv2.GaussianBlur(photo(), (0, 0), 8), 9, 16)
    assert soft < -50, "as green as leaves are"
    assert plain > soft + 10, "a plain blur bleeds"


def test_the_blur_grows_with_the_distance():
    noise = np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8)
    sketch = np.zeros_like(noise)
    sketch[:, :8] = RED
    soft = soften(sketch, noise)
    near, far = (soft[8:-8, x : x + 16].std() for x in (22, 200))
    assert far < 0.85 * near < 0.1 * noise.std()


def test_a_canvas_that_is_painted_all_over_leaves_the_picture_alone():
    sharp = photo()
    np.testing.assert_array_equal(soften(np.full_like(sharp, 200), sharp), sharp)


@pytest.mark.parametrize("value", [DRAWN, DRAWN + 1])
def test_a_pixel_is_a_stroke_where_it_is_one_for_photos(value):
    """Above `DRAWN`, and not at it: to the very pixel value, whatever scaling rounds."""
    sharp = photo(64)
    alone = np.array_equal(soften(np.full_like(sharp, value), sharp), sharp)
    assert alone == (value > DRAWN)
