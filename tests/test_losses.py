import math

import numpy as np
import pytest

from training import losses


def value(loss) -> float:
    return float(loss)


def test_bce_losses_by_hand():
    # softplus(0) = ln 2; softplus(-2) = ln(1 + e^-2); softplus(1) = ln(1 + e).
    real, fake = np.array([0.0, 2.0]), np.array([0.0, 1.0])
    of_real = (math.log(2) + math.log(1 + math.exp(-2))) / 2
    of_fake = (math.log(2) + math.log(1 + math.e)) / 2
    assert value(losses.bce_discriminator_loss(real, fake)) == pytest.approx(
        (of_real + of_fake) / 2, rel=1e-6
    )
    assert value(losses.bce_generator_loss(fake)) == pytest.approx(
        (math.log(2) + math.log(1 + math.exp(-1))) / 2, rel=1e-6
    )


def test_hinge_losses_by_hand():
    real, fake = np.array([2.0, 0.5, -1.0]), np.array([-2.0, 0.0, 1.0])
    # Real: 0, 0.5, 2. Fake: 0, 1, 2.
    assert value(losses.hinge_discriminator_loss(real, fake)) == pytest.approx(2.5 / 3 + 1.0)
    assert value(losses.hinge_generator_loss(fake)) == pytest.approx(1.0 / 3)


def test_l1_by_hand():
    assert value(losses.l1_loss(np.array([1.0, -1.0]), np.array([0.5, 1.0]))) == 1.25


def test_colours_are_those_of_cells_and_what_is_finer_is_free():
    one = np.zeros((1, 16, 16, 3), "float32")
    other = one.copy()
    other[:, ::2] += 0.5
    other[:, 1::2] -= 0.5
    assert value(losses.colour_loss(one, other)) == 0.0 < value(losses.l1_loss(one, other))
    other[:, :8, 8:, 2] += 0.75  # A quarter of the cells, in one of three channels.
    assert value(losses.colour_loss(one, other)) == 0.75 / 4 / 3


def test_feature_matching_averages_layers_of_any_size():
    real = [np.zeros((1, 4, 4, 2), "float32"), np.ones((1, 2, 2, 8), "float32")]
    fake = [np.ones((1, 4, 4, 2), "float32"), np.full((1, 2, 2, 8), 4.0, "float32")]
    assert value(losses.feature_matching_loss(real, fake)) == (1 + 3) / 2


def test_perceptual_loss_compares_directions_by_hand():
    real = [np.array([[[[3.0, 4.0]]]], "float32"), np.array([[[[1.0, 0.0]]]], "float32")]
    fake = [np.array([[[[0.6, 0.8]]]], "float32"), np.array([[[[0.0, 9.0]]]], "float32")]
    # The first is the same direction; the second is at a right angle: 1 + 1.
    assert value(losses.perceptual_loss(real, fake)) == pytest.approx((0 + 2) / 2, abs=1e-5)


def test_losses_of_bfloat16_are_float32():
    from keras import ops

    logits = ops.cast(np.full((8,), 1 / 3), "bfloat16")
    loss = losses.hinge_generator_loss(logits)
    assert "float32" in str(loss.dtype)


def test_least_squares_losses_by_hand():
    real, fake = np.array([1.0, 3.0]), np.array([0.0, 2.0])
    # Real: 0, 4. Fake: 0, 4 when it is to be 0; 1, 1 when it is to be 1.
    assert value(losses.lsgan_discriminator_loss(real, fake)) == pytest.approx(2.0)
    assert value(losses.lsgan_generator_loss(fake)) == pytest.approx(1.0)


def test_kl_loss_by_hand():
    # N(1, 1): 1/2. N(0, e): (e - 1 - 1) / 2. Two rows of two dimensions.
    mean, log_var = np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 0.0]])
    expected = (0.5 + (math.e - 2) / 2) / 2
    assert value(losses.kl_loss(mean, log_var)) == pytest.approx(expected, rel=1e-6)


def test_reconstruction_loss_by_hand():
    # Black drawn as grey: ln 2. White drawn as 3/4 white: -ln 0.75.
    target, output = np.array([-1.0, 1.0]), np.array([0.0, 0.5])
    expected = (math.log(2) - math.log(0.75)) / 2
    assert value(losses.reconstruction_loss(target, output)) == pytest.approx(expected, rel=1e-6)


def test_r1_loss_measures_the_squared_slope():
    # Logits 3x + 4y have a slope of 5: moved by noise of 0.1, 25 on average.
    noise = np.random.default_rng(0).normal(size=(200_000, 2))
    logits = (0.1 * noise) @ [3.0, 4.0]
    found = value(losses.r1_loss(np.zeros(200_000), logits, 0.1))
    assert found == pytest.approx(25.0, rel=0.02)
