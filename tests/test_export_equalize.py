"""Channels of equal ranges for int8 files, and the same picture as before."""

import keras
import numpy as np
import pytest
from keras import layers

from export import tflite
from export.equalize import MOST, equalized
from export.formats import FORMATS
from export.parity import compare
from export.rewrite import fold_batchnorm
from export.serving import image_to_image, in_keras
from tests.export_networks import NETWORKS, inputs_of, randomised, sketches, two_convolutions
from training.pixels import to_network


@pytest.mark.parametrize("name", NETWORKS)
def test_the_picture_is_the_same(name):
    generator = NETWORKS[name]()
    given = inputs_of(generator, 4)
    other = equalized(generator, inputs_of(generator, 8, seed=1))
    np.testing.assert_allclose(in_keras(other, given), in_keras(generator, given), atol=0.02)


def test_each_channel_is_multiplied_until_it_reaches_as_far_as_the_furthest():
    generator = two_convolutions(np.array([1.0, 4.0, 0.25]))
    made, read = (layer for layer in equalized(generator, sketches(4, 8)).layers if layer.weights)
    # The last one would need 16 times.
    np.testing.assert_allclose(made.kernel[0, 0, 0], [4, 4, 0.25 * MOST], rtol=1e-6)
    np.testing.assert_allclose(read.kernel[0, 0, :, 0] * 9, [1 / 4, 1 / 4, 4 / MOST], rtol=1e-6)
    np.testing.assert_allclose(read.bias, np.full(3, 0.5))
    assert not np.allclose(generator.layers[1].kernel[0, 0, 0], made.kernel[0, 0, 0])


def test_nothing_need_be_between_two_convolutions():
    x = keras.Input((8, 8, 3))
    network = keras.Model(x, layers.Conv2D(3, 1, activation="tanh")(layers.Conv2D(4, 1)(x)))
    given = sketches(4, 8)
    generator = randomised(network)
    other = equalized(generator, given)
    assert not np.allclose(other.get_weights()[0], generator.get_weights()[0])
    np.testing.assert_allclose(in_keras(other, given), in_keras(generator, given), atol=0.02)


def test_a_channel_that_never_speaks_stays():
    generator = two_convolutions(np.array([1.0, 4.0]))
    generator.layers[1].bias.assign(np.array([-100.0, 0.0]))
    made, _ = (layer for layer in equalized(generator, sketches(4, 8)).layers if layer.weights)
    np.testing.assert_allclose(made.kernel[0, 0, 0], [1, 4], rtol=1e-6)


def test_what_lies_side_by_side_reaches_equally_far():
    """The skip is read twice, once in the middle of another tensor."""
    x = keras.Input((8, 8, 3))
    skip = layers.Conv2D(4, 1, activation="relu")(x)
    y = layers.Conv2D(2, 3, padding="same")(skip)
    joined = layers.Concatenate()([y, skip])
    generator = randomised(keras.Model(x, layers.Conv2D(3, 1, activation="tanh")(joined)))
    given = sketches(8, 8)
    other = equalized(generator, given)
    made, *_, read = (layer for layer in other.layers if layer.weights)
    assert read.kernel.shape[2] == 6
    skip = made(to_network(given["sketch"]))
    between = next(layer for layer in other.layers if layer.weights and layer is not made)
    values = keras.ops.concatenate([between(skip), skip], axis=-1)
    reach = np.abs(keras.ops.convert_to_numpy(values)).max(axis=(0, 1, 2))
    np.testing.assert_allclose(reach, reach.max(), rtol=1e-4)


@pytest.mark.parametrize(
    "between",
    [
        layers.Activation("sigmoid"),
        layers.ReLU(max_value=6.0),
        layers.ReLU(threshold=0.5),
        layers.BatchNormalization(),
        layers.DepthwiseConv2D(3),
    ],
)
def test_channels_that_are_more_than_scaled_stay(between):
    x = keras.Input((8, 8, 3))
    y = layers.Add()([layers.Conv2D(3, 1)(x), x])
    y = layers.ReLU()(layers.Conv2D(4, 1, activation="relu")(y))
    y = between(y)
    generator = randomised(keras.Model(x, layers.Conv2D(3, 1, activation="tanh")(y)))
    other = equalized(generator, sketches(4, 8))
    for before, after in zip(
        generator.get_weights(), fold_batchnorm(other).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_a_convolution_that_is_used_twice_stays():
    x = keras.Input((8, 8, 3))
    twice = layers.Conv2D(3, 1, activation="relu")
    generator = randomised(keras.Model(x, layers.Conv2D(3, 1)(twice(twice(x)))))
    other = equalized(generator, sketches(4, 8))
    for before, after in zip(generator.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.slow
def test_an_int8_file_comes_nearer_to_keras(tmp_path):
    """Of a network that is as it was, but for how far its channels reach."""
    x = keras.Input((32, 32, 3))
    y = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    y = layers.Conv2D(16, 3, padding="same", activation="relu")(y)
    generator = randomised(
        keras.Model(x, layers.Conv2D(3, 3, padding="same", activation="tanh")(y))
    )
    _, one, two, three = generator.layers
    for maker, reader in ((one, two), (two, three)):
        factors = np.exp2(np.linspace(-4, 0, 16))
        maker.set_weights([weights * factors for weights in maker.get_weights()])
        kernel, bias = reader.get_weights()
        reader.set_weights([kernel / factors[:, None], bias])
    calibration, shown = sketches(32, seed=1), sketches(8, seed=2)
    paths = [tmp_path / name for name in ("before", "after")]
    tflite.write(image_to_image(generator, ranges=True), paths[0], "int8", calibration)
    FORMATS["tflite-int8"].write(generator, calibration, paths[1])
    expected = in_keras(generator, shown)
    before, after = (compare(tflite.run(path, shown).photos, expected).psnr for path in paths)
    assert after > before + 2
