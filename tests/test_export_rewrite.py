import keras
import numpy as np
import pytest
from keras import layers

from export.rewrite import TANH_LIMIT, bound_tanh, fold_batchnorm, shift_downwards
from tests.export_networks import SIZE, drawings, randomised, shifted, tiny_shuffle, tiny_unet
from training.networks.shuffle_unet import slim_unet
from training.pixels import to_network

SKETCHES = to_network(drawings(4))


def kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize("network", [tiny_unet, tiny_shuffle])
def test_folding_leaves_no_batchnorm_and_changes_nothing(network):
    generator = network()
    folded = fold_batchnorm(generator)
    assert "BatchNormalization" in kinds(generator)
    assert "BatchNormalization" not in kinds(folded)
    np.testing.assert_allclose(folded(SKETCHES), generator(SKETCHES, training=False), atol=1e-5)


def test_a_folded_convolution_has_the_kernel_and_bias_worked_out_by_hand():
    x = keras.Input((1, 1, 1))
    y = layers.Conv2D(1, 1, use_bias=True)(x)
    norm = layers.BatchNormalization(epsilon=0.0)
    model = keras.Model(x, norm(y))
    model.layers[1].set_weights([np.full((1, 1, 1, 1), 3.0), np.array([5.0])])
    norm.set_weights([np.array([2.0]), np.array([7.0]), np.array([1.0]), np.array([4.0])])
    folded = fold_batchnorm(model)
    # 2 (3x + 5 - 1) / sqrt(4) + 7 = 3x + 11
    kernel, bias = (weight.item() for weight in folded.get_weights())
    assert (kernel, bias) == (3.0, 11.0)


def test_folding_follows_subclasses_and_missing_scale_and_centre():
    class Fused(layers.BatchNormalization):
        pass

    x = keras.Input((8, 8, 3))
    y = Fused(scale=False, center=False)(layers.Conv2D(4, 3)(x))
    model = keras.Model(x, y)
    model.layers[2].set_weights([np.full(4, 0.3), np.full(4, 2.0)])
    picture = np.random.default_rng(0).random((1, 8, 8, 3), np.float32)
    folded = fold_batchnorm(model)
    assert "Fused" not in kinds(folded)
    np.testing.assert_allclose(folded(picture), model(picture, training=False), atol=1e-6)


def test_batchnorm_that_cannot_be_folded_stays():
    x = keras.Input((SIZE, SIZE, 3))
    shared = layers.Conv2D(4, 3, padding="same")(x)  # used twice: only one use is normalised
    activated = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    parts = [shared, *(layers.BatchNormalization()(part) for part in (shared, activated))]
    model = randomised(keras.Model(x, layers.BatchNormalization()(layers.Concatenate()(parts))))
    folded = fold_batchnorm(model)
    assert kinds(folded).count("BatchNormalization") == 3
    np.testing.assert_allclose(folded(SKETCHES), model(SKETCHES, training=False), atol=1e-5)


def test_batchnorm_that_two_convolutions_share_stays():
    x = keras.Input((SIZE, SIZE, 3))
    norm = layers.BatchNormalization()
    y, z = (norm(layers.Conv2D(4, 3, padding="same")(x)) for _ in range(2))
    model = randomised(keras.Model(x, layers.Add()([y, z])))
    folded = fold_batchnorm(model)
    assert "BatchNormalization" in kinds(folded)
    np.testing.assert_allclose(folded(SKETCHES), model(SKETCHES, training=False), atol=1e-5)


def test_folding_leaves_the_generator_as_it_was():
    generator = tiny_unet()
    before = [weight.copy() for weight in generator.get_weights()]
    fold_batchnorm(generator)
    for old, new in zip(before, generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert "BatchNormalization" in kinds(generator)


@pytest.mark.parametrize("network", [tiny_unet, tiny_shuffle])
def test_bounding_tanh_moves_no_pixel_by_more_than_its_256_codes_allow(network):
    generator = network()
    wanted, bounded = generator(SKETCHES, training=False), bound_tanh(generator)(SKETCHES)
    half_a_code = TANH_LIMIT / 255
    clipped = 1 - np.tanh(TANH_LIMIT)
    assert 0 < np.abs(wanted - bounded).max() <= half_a_code + clipped
    assert clipped * 127.5 < 0.64


def test_a_look_that_only_takes_away_gives_the_same_picture():
    """And what comes out of a convolution then is never below zero."""
    generator = shifted(randomised(slim_unet(64, width=8, look=3)))
    folded = fold_batchnorm(generator)
    downwards = shift_downwards(folded)
    looks = np.random.default_rng(1).uniform(-1, 1, (4, 1, 1, 3)).astype(np.float32)
    given = [to_network(drawings(4, 64)), looks]
    np.testing.assert_allclose(downwards(given), generator(given, training=False), atol=1e-4)
    assert kinds(downwards).count("ReLU") == kinds(folded).count("ReLU") + 11
    heads = [layer for layer in downwards.layers if layer.weights and layer.kernel.shape[2] == 3]
    taken = [np.asarray(head(looks)) for head in heads if head.kernel.shape[0] == 1]
    assert len(taken) == kinds(downwards).count("Shift") == 11
    assert max(x.max() for x in taken) <= 1e-5 and min(x.min() for x in taken) < -0.01
