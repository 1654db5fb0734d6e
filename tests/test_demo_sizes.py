"""A bundle of several sizes on the server: a drawing of one of them is answered at that size."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.bundles import load_generator
from demo.serving import Models
from demo.sizes import Size, sides_of
from tests.browser.page_bundles import stored, write_canvas

pytestmark = pytest.mark.slow

FILE = "tflite-int8"


@pytest.fixture(scope="module")
def bundle(store) -> Path:
    return stored(store, "canvas", write_canvas)


@pytest.fixture(scope="module")
def models(bundle) -> Models:
    return Models([bundle])


@pytest.mark.parametrize("size", [64, 128, (192, 64)])
def test_a_drawing_of_a_size_that_is_there_is_answered_at_that_size(models, bundle, size: Size):
    height, width = sides_of(size)
    drawing = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    [picture], _ = models.run(Image.fromarray(drawing), "canvas", FILE)
    expected = load_generator(bundle, FILE, size=size)(drawing)
    assert picture.shape == (height, width, 3)
    np.testing.assert_array_equal(picture, expected)


@pytest.mark.parametrize("shape", [(192, 64), (100, 100), (50, 150), (640, 640)])
def test_any_other_drawing_is_fitted_into_the_bundles_own_size(models, shape):
    drawing = Image.fromarray(np.full((*shape, 3), 200, np.uint8))
    [picture], _ = models.run(drawing, "canvas", FILE)
    assert picture.shape == (64, 64, 3)
