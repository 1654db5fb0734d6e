"""Channels that int8 files hold in two parts, and the same picture as before."""

import keras
import numpy as np
import pytest
from keras import layers

from export import tflite
from export.equalize import equalized
from export.formats import FORMATS
from export.serving import image_to_image, in_keras
from export.split import split
from tests.export_networks import NETWORKS, inputs_of, randomised, sketches

# Of U-Nets what comes up, not what stands beside it; of a sum, a norm, a look or beside what is
# below 0 nothing.
WIDER = {"tiny_unet": 0, "tiny_shuffle": 0, "slim_unet": 2, "grain": 2, "looks": 0, "unet": 0}


def widths(generator: keras.Model) -> list[int]:
    """How many channels each convolution makes."""
    return [layer.filters for layer in generator.layers if hasattr(layer, "filters")]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_picture_is_the_same(name):
    generator = NETWORKS[name]()
    given = inputs_of(generator, 8, seed=1)
    before = equalized(generator, given)
    after = split(before, given)
    assert sum(a != b for a, b in zip(widths(before), widths(after), strict=True)) == WIDER[name]
    # What is parted is rounded as the file rounds it.
    np.testing.assert_allclose(in_keras(after, given), in_keras(before, given), atol=1.5)


def test_what_a_relu_gives_is_parted_where_steps_are_shortest():
    """Nine values in ten are below a quarter of what is reached: that has its own codes."""
    x = keras.Input((10, 10, 3))
    made, read = layers.Conv2D(1, 1, activation="relu"), layers.Conv2D(3, 1, activation="tanh")
    generator = randomised(keras.Model(x, read(made(x))))
    made.set_weights([np.full((1, 1, 3, 1), 0.5), np.array([1.5])])
    pixels = np.full((8, 10, 10, 3), 38, np.uint8)  # Which becomes 0.45, and white 3.
    pixels[:, 0] = 255
    after_made, after_read = (
        layer for layer in split(generator, {"sketch": pixels}).layers if layer.weights
    )
    height = 3 * 3 / 16  # The first of sixteen that is not below them.
    times = np.array([3 / height, 3 / (3 - height)])
    np.testing.assert_allclose(after_made.kernel[0, 0], 0.5 * np.tile(times, (3, 1)), rtol=1e-5)
    np.testing.assert_allclose(after_made.bias, times * [1.5, 1.5 - height], rtol=1e-5)
    weight = np.asarray(read.kernel)[0, 0]
    np.testing.assert_allclose(after_read.kernel[0, 0], weight / times[:, None], rtol=1e-5)


def test_what_no_relu_bends_is_parted_at_0():
    x = keras.Input((8, 8, 3))
    made, read = layers.Conv2D(2, 1), layers.Conv2D(3, 1, activation="tanh")
    generator = randomised(keras.Model(x, read(made(x))))
    given = sketches(8, 8)
    values = np.asarray(made(given["sketch"] / 127.5 - 1.0))
    above, below = values.max(axis=(0, 1, 2)), values.min(axis=(0, 1, 2))
    times = np.abs(values).max() / np.concatenate([above, below])
    twice = split(generator, given).layers[1]
    expected = np.tile(np.asarray(made.kernel)[0, 0], 2) * times
    np.testing.assert_allclose(twice.kernel[0, 0], expected, rtol=1e-4)


@pytest.mark.parametrize("activation", ["relu", "linear"])
@pytest.mark.parametrize("value", np.linspace(0.0, 1.0, 7))
def test_both_parts_are_the_whole_within_half_a_step_of_the_larger(activation, value):
    x = keras.Input((8, 8, 3))
    made = layers.Conv2D(3, 1, activation=activation)
    generator = randomised(keras.Model(x, layers.Conv2D(3, 1)(made(x))))
    made.set_weights([np.eye(3)[None, None], np.zeros(3)])
    given = sketches(8, 8)
    after = split(generator, given)
    (maker, reader) = (layer for layer in after.layers if layer.weights)
    pixel = np.full((1, 8, 8, 3), value, np.float32)
    whole = np.asarray(generator(pixel))
    steps = np.abs(np.asarray(reader.kernel)).sum() / 255
    np.testing.assert_allclose(np.asarray(after(pixel)), whole, atol=steps / 2 + 1e-5)
    assert np.asarray(maker(pixel)).min() >= 0


def test_two_that_lie_side_by_side_are_each_read_where_they_are():
    x = keras.Input((8, 8, 3))
    sides = [layers.Conv2D(count, 1, activation="relu")(x) for count in (4, 2)]
    joined = layers.Concatenate()([sides[0], layers.ReLU()(x), sides[1]])
    generator = randomised(keras.Model(x, layers.Conv2D(3, 1, activation="tanh")(joined)))
    given = sketches(8, 8)
    after = split(generator, given)
    assert widths(after) == [8, 4, 3]
    np.testing.assert_allclose(in_keras(after, given), in_keras(generator, given), atol=0.5)


@pytest.mark.parametrize("kind", ["skip", "groups", "below 0"])
def test_channels_that_others_read_or_come_in_groups_or_stand_with_some_below_0_are_made_once(kind):
    x = keras.Input((8, 8, 4))
    y = layers.Conv2D(4, 1, activation="relu", groups=2 if kind == "groups" else 1)(x)
    beside = {
        "skip": [layers.Conv2D(2, 1)(y), y],
        "below 0": [y, x],
        "groups": [y, layers.ReLU()(x)],
    }
    z = layers.Concatenate()(beside[kind])
    generator = randomised(keras.Model(x, layers.Conv2D(3, 1, activation="tanh")(z)))
    after = split(generator, {"sketch": np.zeros((4, 8, 8, 4), np.uint8)})
    assert after.layers[1].filters == 4


@pytest.mark.slow
def test_an_int8_file_has_less_of_a_grain(tmp_path):
    """Where the picture is a small difference of channels that reach far."""
    x = keras.Input((32, 32, 3))
    made, read = layers.Conv2D(24, 1, activation="relu"), layers.Conv2D(3, 1, activation="tanh")
    generator = randomised(keras.Model(x, read(made(x))))
    made.set_weights([made.get_weights()[0], np.full(24, 2.0)])
    kernel = np.random.default_rng(0).normal(0, 0.3, (1, 1, 24, 3))
    read.set_weights([kernel - kernel.mean(axis=2, keepdims=True), np.zeros(3)])
    calibration, shown = sketches(32, seed=1), ramps(8)
    before, after = tmp_path / "before", tmp_path / "after"
    once = equalized(generator, calibration)
    tflite.write(image_to_image(once, ranges=True), before, "int8", calibration)
    FORMATS["tflite-int8"].write(generator, calibration, after)
    expected = in_keras(generator, shown)
    errors = [tflite.run(each, shown).photos - expected for each in (before, after)]
    grains = [np.diff(error, axis=2).std() for error in errors]
    assert grains[1] < 0.9 * grains[0], grains


def ramps(count: int) -> dict[str, np.ndarray]:
    """Plain surfaces, each a little lighter to the right: [N, 32, 32, 3]."""
    darkest = np.random.default_rng(3).integers(60, 120, (count, 1, 1, 3))
    light = np.arange(32)[:, None] + np.zeros((count, 32, 1, 1), int)
    return {"sketch": (darkest + light).astype(np.uint8)}
