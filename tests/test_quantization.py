"""Training with what int8 files round rounded."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import layers, ops

from export import tflite
from export.serving import image_to_image, in_keras
from tests.export_networks import randomised
from training.networks.quantization import FakeQuantize, in_training, quantized
from training.networks.shuffle_unet import slim_unet
from training.pixels import from_network, to_network
from training.recipes.pix2pix import PRESETS

SIZE = 64


def drawings(count: int, seed: int = 1) -> np.ndarray:
    """Rectangles on black: plain, as drawings are."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros((count, SIZE, SIZE, 3), np.uint8)
    for each in drawn:
        for _ in range(4):
            top, left, height, width = rng.integers(4, 40, 4)
            each[top : top + height, left : left + width] = rng.integers(0, 256, 3)
    return drawn


@pytest.mark.parametrize("least, greatest", [(-3.0, 5.0), (0.0, 2.0), (-1.0, 0.0), (2.0, 4.0)])
def test_of_a_tensor_256_numbers_are_left_and_zero_is_one(least, greatest):
    x = np.random.default_rng(0).uniform(least, greatest, (4, 64, 64, 3)).astype("float32")
    x[0, 0, 0] = least, greatest, 0
    rounded = ops.convert_to_numpy(FakeQuantize()(x))
    step = (max(greatest, 0) - min(least, 0)) / 255
    assert len(np.unique(rounded)) <= 257  # One more, as neither end need be a whole step off 0.
    assert np.abs(rounded - x).max() <= step / 2 + 1e-6
    assert rounded[0, 0, 0, 2] == 0


def test_a_tensor_of_zeros_stays_one():
    assert not ops.convert_to_numpy(FakeQuantize()(np.zeros((1, 2, 2, 1), "float32"))).any()


def test_gradients_pass_as_if_nothing_was_rounded():
    x = np.random.default_rng(0).uniform(-1, 1, (8, 4, 4, 1)).astype("float32")
    scale = layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")
    network = keras.Sequential([keras.Input((4, 4, 1)), scale, FakeQuantize()])
    network.compile(keras.optimizers.SGD(1.0), loss=lambda _, y: ops.mean(y))
    network.train_on_batch(x, x)
    assert scale.get_weights()[0].item() == pytest.approx(1 - x.mean(), abs=1e-6)


@pytest.mark.parametrize("grain", [0, 2])
@pytest.mark.slow
def test_it_errs_as_an_int8_file_does(tmp_path, grain):
    """Where the network is rounded in training is where, and how far, the file rounds."""
    network = randomised(slim_unet(SIZE, width=32, grain=grain))
    serving = image_to_image(network, ranges=True)
    path = tmp_path / "generator.int8.tflite"
    tflite.write(serving, path, "int8", {"sketch": drawings(32)})
    shown = {"sketch": drawings(8, seed=2)}
    true = in_keras(network, shown).astype(float)
    file = tflite.run(path, shown).photos - true
    seen = from_network(quantized(network)(to_network(shown["sketch"]), training=False))
    learned = ops.convert_to_numpy(seen) - true
    assert 0.5 < np.abs(learned).mean() / np.abs(file).mean() < 1.2


def test_without_it_a_step_calls_the_network_itself():
    network = randomised(slim_unet(SIZE, width=8))
    given = to_network(drawings(2))
    before = network.get_weights()
    as_before = network(given, training=True)
    network.set_weights(before)
    called = in_training(network, rounded=False)(given)
    np.testing.assert_array_equal(*map(ops.convert_to_numpy, (called, as_before)))


def test_nothing_of_it_is_left_in_what_is_saved():
    """A run that began without it goes on with it, and the other way round."""
    options = dataclasses.replace(
        PRESETS["fast"], width=8, discriminator_width=4, perceptual=0.0, projected=0.0
    )
    plain, aware = (
        dataclasses.replace(options, quantized=told).build(SIZE, 0) for told in (False, True)
    )
    shapes = [[(each.path, each.shape) for each in model.weights] for model in (plain, aware)]
    assert [shape for _, shape in shapes[0]] == [shape for _, shape in shapes[1]]
    networks = [model.networks["generator"] for model in (plain, aware)]
    assert [type(layer) for layer in networks[0].layers] == [
        type(layer) for layer in networks[1].layers
    ]
    before = networks[1].get_weights()
    aware.compile(options.optimizer())
    aware.fit(drawings(2), drawings(2, seed=3), batch_size=2, verbose=0)
    assert all(np.any(a != b) for a, b in zip(before, networks[1].get_weights(), strict=True))
