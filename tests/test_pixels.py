import keras
import numpy as np
import pytest

from training.pixels import from_network, to_network, to_pixels

EVERY = np.arange(256, dtype=np.uint8)


def test_black_grey_and_white_are_where_networks_expect_them():
    np.testing.assert_array_equal(to_network(np.array([0, 255], np.uint8)), [-1, 1])
    assert from_network(0.0) == 127.5


@pytest.mark.parametrize("given", [EVERY, EVERY.astype("float32"), EVERY.astype(np.int32)])
def test_every_pixel_value_comes_back_from_arrays_and_tensors_alike(given):
    array, tensor = to_network(given), to_network(keras.ops.convert_to_tensor(given))
    assert isinstance(array, np.ndarray) and array.dtype == np.float32
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(tensor), array)
    for x in (array, tensor):
        assert to_pixels(x).dtype == np.uint8
        np.testing.assert_array_equal(to_pixels(x), EVERY)


def test_what_a_network_overshoots_is_clipped_and_the_rest_rounded():
    np.testing.assert_array_equal(to_pixels(np.array([-1.1, 1.1, 2 / 255 - 1.003])), [0, 255, 1])
