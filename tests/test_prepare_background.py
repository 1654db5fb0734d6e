"""The background that `prepare` blurs, behind flowers that the test paints itself."""

import cv2
import numpy as np
import pytest

from training.prepare.background import focus_on_drawn
from training.prepare.sketches.scene import analyse

RED = (220, 25, 30)


def photo(size: int = 256) -> np.ndarray:
    """A round red flower in the middle of sharp leaves, uint8 [size, size, 3]."""
    rng = np.random.default_rng(2)
    leaves = cv2.resize(rng.normal(0, 1, (size // 4, size // 4)), (size, size))
    pixels = np.empty((size, size, 3), np.uint8)
    pixels[:] = (30, 90, 35)
    pixels[leaves > 0.5] = (90, 160, 70)
    cv2.circle(pixels, (size // 2, size // 2), size // 4, RED, -1)
    return np.clip(pixels + rng.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)


def detail(pixels: np.ndarray) -> float:
    return float(cv2.Laplacian(pixels, cv2.CV_32F).std())


def redness_beside_the_flower(pixels: np.ndarray, near: int, far: int) -> float:
    """Red minus green between `near` and `far` px from the flower of `photo`, 256 px."""
    rows, columns = np.mgrid[:256, :256]
    distance = np.hypot(rows - 128, columns - 128) - 64
    ring = pixels[(distance > near) & (distance < far)].astype(int)
    return float((ring[:, 0] - ring[:, 1]).mean())


@pytest.mark.parametrize("size", [64, 256])
def test_the_flower_stays_sharp_and_the_empty_rest_does_not(size):
    sharp, empty = photo(size), np.zeros((size, size, 3), np.uint8)
    soft = focus_on_drawn(analyse(sharp), empty)
    assert soft.shape == sharp.shape and soft.dtype == np.uint8
    middle = slice(size * 3 // 8, size * 5 // 8)
    np.testing.assert_array_equal(soft[middle, middle], sharp[middle, middle])
    corner = slice(0, size // 8)
    assert detail(soft[corner, corner]) < 0.25 * detail(sharp[corner, corner])
    # Blurred, not painted over: the greens come to the same.
    assert np.abs(soft[corner, corner].mean((0, 1)) - sharp[corner, corner].mean((0, 1))).max() < 12


def test_what_is_drawn_stays_sharp():
    sharp, sketch = photo(), np.zeros((256, 256, 3), np.uint8)
    sketch[:, 20:40] = (46, 125, 50)
    soft = focus_on_drawn(analyse(sharp), sketch)
    np.testing.assert_array_equal(soft[:, 20:40], sharp[:, 20:40])
    assert detail(soft[:, 228:248]) < 0.2 * detail(sharp[:, 228:248])


def test_the_flower_leaves_no_halo():
    sharp, empty = photo(), np.zeros((256, 256, 3), np.uint8)
    soft = redness_beside_the_flower(focus_on_drawn(analyse(sharp), empty), 5, 12)
    plain = redness_beside_the_flower(cv2.GaussianBlur(sharp, (0, 0), 8), 5, 12)
    assert soft < -50, "as green as leaves are"
    assert plain > soft + 15, "a plain blur bleeds"


def test_a_photo_that_is_drawn_all_over_is_left_alone():
    sharp = photo(64)
    np.testing.assert_array_equal(focus_on_drawn(analyse(sharp), np.full_like(sharp, 200)), sharp)


@pytest.mark.parametrize("level", [0, 255])
def test_no_photo_is_too_strange(level):
    flat = np.full((64, 64, 3), level, np.uint8)
    np.testing.assert_array_equal(focus_on_drawn(analyse(flat), np.zeros_like(flat)), flat)
