"""Channels that are made twice for int8 files, and the same picture as before."""

import keras
import numpy as np
import pytest
from keras import layers

from export import tflite
from export.equalize import equalized
from export.formats import FORMATS
from export.parity import compare
from export.serving import image_to_image, in_keras
from export.split import split
from tests.export_networks import NETWORKS, inputs_of, randomised, sketches, two_convolutions

# Of U-Nets what comes up, not what stands beside it; of a sum, a norm or a look nothing.
WIDER = {"tiny_unet": 2, "tiny_shuffle": 0, "slim_unet": 2, "grain": 2, "looks": 0, "unet": 0}


def widths(generator: keras.Model) -> list[int]:
    """How many channels each convolution makes."""
    return [layer.filters for layer in generator.layers if hasattr(layer, "filters")]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_picture_is_the_same(name):
    generator = NETWORKS[name]()
    given, examples = inputs_of(generator, 4), inputs_of(generator, 8, seed=1)
    before = equalized(generator, examples)
    after = split(before, examples)
    assert sum(a != b for a, b in zip(widths(before), widths(after), strict=True)) == WIDER[name]
    # A ReLU that opens within a quarter of a step of 0 is all that differs.
    np.testing.assert_allclose(in_keras(after, given), in_keras(before, given), atol=0.5)


def test_a_channel_is_made_a_quarter_of_a_step_higher_and_lower_and_read_by_halves():
    generator = two_convolutions(np.array([1.0, 1.0]))
    given = sketches(8, 8)
    made, read = (layer for layer in split(generator, given).layers if layer.weights)
    reach = np.asarray(generator.layers[1](given["sketch"] / 127.5 - 1.0)).max()
    np.testing.assert_allclose(made.kernel[0, 0], np.ones((3, 4)))
    np.testing.assert_allclose(made.bias, reach / 255 / 4 * np.array([1, 1, -1, -1]), rtol=1e-5)
    np.testing.assert_allclose(read.kernel[0, 0], np.full((4, 3), 1 / 18))
    np.testing.assert_allclose(read.bias, np.full(3, 0.5))


def test_a_step_is_of_what_a_relu_gives_not_of_what_it_takes():
    """The two are one operation of a file, and what is between is never rounded."""
    x = keras.Input((8, 8, 3))
    made = layers.Conv2D(4, 1)
    read = layers.Conv2D(3, 1, activation="tanh")
    generator = randomised(keras.Model(x, read(layers.ReLU()(made(x)))))
    made.bias.assign(np.full(4, -1.0))
    given = sketches(8, 8)
    reach = np.asarray(made(given["sketch"] / 127.5 - 1.0)).max()
    twice = split(generator, given).layers[1].bias
    np.testing.assert_allclose(twice[:4] - twice[4:], reach / 255 / 2, rtol=1e-4)


@pytest.mark.parametrize("value", np.linspace(0.0, 1.0, 23))
def test_together_they_are_rounded_to_half_a_step(value):
    step = 1 / 255
    twice = [np.rint(max(value + shift, 0.0) / step) * step for shift in (step / 4, -step / 4)]
    np.testing.assert_allclose(np.mean(twice), np.rint(value / (step / 2)) * step / 2, atol=1e-9)


def test_two_that_lie_side_by_side_are_each_read_where_they_are():
    x = keras.Input((8, 8, 3))
    sides = [layers.Conv2D(count, 1, activation="relu")(x) for count in (4, 2)]
    joined = layers.Concatenate()([sides[0], x, sides[1]])
    generator = randomised(keras.Model(x, layers.Conv2D(3, 1, activation="tanh")(joined)))
    given = sketches(8, 8)
    after = split(generator, given)
    assert widths(after) == [8, 4, 3]
    np.testing.assert_allclose(in_keras(after, given), in_keras(generator, given), atol=0.5)


@pytest.mark.parametrize("kind", ["skip", "groups"])
def test_channels_that_others_read_or_that_come_in_groups_are_made_once(kind):
    x = keras.Input((8, 8, 4))
    y = layers.Conv2D(4, 1, activation="relu", groups=2 if kind == "groups" else 1)(x)
    z = layers.Concatenate()([layers.Conv2D(2, 1)(y), y]) if kind == "skip" else y
    generator = randomised(keras.Model(x, layers.Conv2D(3, 1, activation="tanh")(z)))
    after = split(generator, {"sketch": np.zeros((4, 8, 8, 4), np.uint8)})
    assert after.layers[1].filters == 4


@pytest.mark.slow
def test_an_int8_file_comes_nearer_to_keras(tmp_path):
    """Where the picture is a small difference of channels that reach far."""
    x = keras.Input((32, 32, 3))
    made, read = layers.Conv2D(24, 1, activation="relu"), layers.Conv2D(3, 1, activation="tanh")
    generator = randomised(keras.Model(x, read(made(x))))
    made.set_weights([made.get_weights()[0], np.full(24, 20.0)])
    kernel = np.random.default_rng(0).normal(0, 0.3, (1, 1, 24, 3))
    read.set_weights([kernel - kernel.mean(axis=2, keepdims=True), np.zeros(3)])
    calibration, shown = sketches(32, seed=1), sketches(8, seed=2)
    before, after = tmp_path / "before", tmp_path / "after"
    once = equalized(generator, calibration)
    tflite.write(image_to_image(once, ranges=True), before, "int8", calibration)
    FORMATS["tflite-int8"].write(generator, calibration, after)
    expected = in_keras(generator, shown)
    nearer = [compare(tflite.run(each, shown).photos, expected).psnr for each in (before, after)]
    assert nearer[1] > nearer[0] + 3, nearer
