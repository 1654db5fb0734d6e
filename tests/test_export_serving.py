import keras
import numpy as np
import pytest
from keras import layers

from export.serving import image_to_image, in_keras
from tests.export_networks import SIZE, drawings, tiny_shuffle, tiny_unet


def passing_on(size: int = SIZE) -> keras.Model:
    x = keras.Input((size, size, 3))
    return keras.Model(x, layers.Identity()(x))


def ramp() -> np.ndarray:
    values = np.arange(256, dtype=np.float32)
    return np.broadcast_to(values.reshape(1, 16, 16, 1), (1, 16, 16, 3))


def test_pixels_in_are_pixels_out():
    photo = image_to_image(passing_on(16))({"sketch": ramp()})["photo"]
    np.testing.assert_allclose(photo, ramp(), atol=1e-4)


def test_with_ranges_stated_every_pixel_comes_back_but_white_which_is_one_value_low():
    photo = image_to_image(passing_on(16), ranges=True)({"sketch": ramp()})["photo"]
    np.testing.assert_array_equal(photo, np.minimum(ramp(), 254))


@pytest.mark.parametrize("ranges", [False, True])
def test_shapes_are_static_and_names_are_those_of_the_card(ranges):
    model = image_to_image(tiny_unet(), ranges=ranges)
    assert [(x.name, x.shape) for x in model.inputs] == [("sketch", (1, SIZE, SIZE, 3))]
    assert {name: y.shape for name, y in model.output.items()} == {"photo": (1, SIZE, SIZE, 3)}


@pytest.mark.parametrize("network", [tiny_unet, tiny_shuffle])
def test_the_serving_model_draws_what_the_generator_draws(network):
    generator = network()
    sketches = drawings(3)
    model = image_to_image(generator)
    photos = np.concatenate(
        [model({"sketch": sketch[None].astype("float32")})["photo"] for sketch in sketches]
    )
    np.testing.assert_allclose(photos, in_keras(generator, {"sketch": sketches}), atol=1e-2)
    assert photos.min() >= 0 and photos.max() <= 255


def test_the_reference_is_the_generator_between_two_scalings():
    x = keras.Input((1, 1, 3))
    generator = keras.Model(x, layers.Rescaling(0.5)(x))
    sketches = np.array([0, 51, 255], np.uint8).reshape(1, 1, 1, 3)
    # 0 -> -1 -> -0.5 -> 63.75; 51 -> -0.6 -> -0.3 -> 89.25; 255 -> 1 -> 0.5 -> 191.25
    np.testing.assert_allclose(
        in_keras(generator, {"sketch": sketches}).ravel(), [63.75, 89.25, 191.25], atol=1e-4
    )
