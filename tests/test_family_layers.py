"""Layers that only one recipe uses: sampling, image pool, growing, R1 and others."""

import keras
import numpy as np
import pytest

from training.adversarial import GrowingAdam
from training.errors import UserError
from training.losses import r1_loss
from training.networks.growing import (
    BatchDeviation,
    EqualizedConv,
    EqualizedDense,
    PixelNorm,
    growing_discriminator,
    growing_generator,
    sides,
)
from training.networks.image_pool import ImagePool
from training.networks.normalization import InstanceNorm
from training.networks.resnet import resnet
from training.recipes.progressive import SHAKE, Progressive
from training.recipes.vae import Sampling


def array(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def test_sampling_has_the_mean_and_the_variance_that_it_is_told():
    # A sum instead of a product in the formula would leave the variance at 1.
    mean, log_var = np.full((20_000, 2), 3.0, "float32"), np.log([[4.0, 0.25]]).astype("float32")
    points = array(Sampling(seed=1)(mean, np.repeat(log_var, 20_000, axis=0)))
    np.testing.assert_allclose(points.mean(axis=0), [3.0, 3.0], atol=0.06)
    np.testing.assert_allclose(points.var(axis=0), [4.0, 0.25], rtol=0.04)


def numbered(first: int, count: int) -> np.ndarray:
    """Plain pictures whose pixel value is their number."""
    values = np.arange(first, first + count, dtype=np.float32) / 127.5 - 1
    return np.broadcast_to(values[:, None, None, None], (count, 2, 2, 3))


def numbers(pictures) -> list[int]:
    return np.rint((array(pictures)[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()


def test_a_pool_that_fills_gives_back_what_came():
    pool = ImagePool(6, 2, seed=0)
    assert numbers(pool(numbered(0, 4))) == [0, 1, 2, 3]
    assert numbers(pool(numbered(4, 2))) == [4, 5]
    assert sorted(numbers(array(pool.kept).astype("float32") / 127.5 - 1)) == list(range(6))


def test_a_full_pool_gives_an_older_one_for_every_other_and_loses_none():
    pool = ImagePool(10, 2, seed=0)
    pool(numbered(0, 10))
    kept, older = set(range(10)), 0
    for first in range(10, 210, 2):
        given = numbers(pool(numbered(first, 2)))
        here = kept | {first, first + 1}
        assert set(given) <= here
        older += sum(number < first for number in given)
        kept = set(numbers(array(pool.kept).astype("float32") / 127.5 - 1))
        assert kept == here - {n for n in given if n < first} - ({first, first + 1} & set(given)), (
            "what is given back goes, what stays is kept"
        )
    assert 70 < older < 130


def test_instance_normalisation_sees_one_channel_of_one_picture():
    x = np.random.default_rng(0).normal(3, 2, (2, 8, 8, 3)).astype("float32")
    y = array(InstanceNorm()(x))
    np.testing.assert_allclose(y.mean(axis=(1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(axis=(1, 2)), 1, atol=1e-3)
    alone = array(InstanceNorm()(x[:1]))
    np.testing.assert_allclose(y[:1], alone, atol=1e-5)


def test_the_residual_generator_is_as_large_as_published():
    network = resnet(256, blocks=9)
    # 11,378,179 of the authors' PyTorch code less 5,248 biases, which the norm takes away again.
    assert network.count_params() == 11_372_931
    assert network.output_shape == (None, 256, 256, 3)
    with pytest.raises(UserError, match="multiple of 4"):
        resnet(30)


def test_pixels_are_normalised_over_their_features():
    x = np.array([[3.0, 4.0]], "float32")  # mean square 12.5
    np.testing.assert_allclose(array(PixelNorm()(x)), x / np.sqrt(12.5), rtol=1e-5)


def test_a_batch_of_equal_pictures_shows_in_its_deviation():
    x = np.random.default_rng(0).normal(size=(1, 4, 4, 2)).astype("float32")
    same = array(BatchDeviation()(np.repeat(x, 4, axis=0)))
    assert same.shape == (4, 4, 4, 3) and np.abs(same[..., 2]).max() < 1e-3
    opposite = array(BatchDeviation()(np.concatenate([x, -x])))
    np.testing.assert_allclose(opposite[..., 2], np.abs(x).mean(), rtol=1e-4)


@pytest.mark.parametrize("layer", [EqualizedConv(64, 3), EqualizedDense(64)])
def test_equalized_weights_are_normal_and_their_outputs_keep_the_scale(layer):
    x = np.random.default_rng(0).normal(size=(64, 8, 8, 32)).astype("float32")
    x = x if isinstance(layer, EqualizedConv) else x[:, 0, 0]
    y = array(layer(x))
    assert array(layer.kernel).std() == pytest.approx(1.0, abs=0.05)
    # sqrt(2), for half of it is lost in the activation; at the rim of a picture it is less.
    inside = y[:, 2:-2, 2:-2] if y.ndim == 4 else y
    assert inside.std() == pytest.approx(2**0.5, rel=0.1)


def test_growth_doubles_up_to_the_full_size():
    assert sides(64) == [4, 8, 16, 32, 64]
    for size in (4, 48):
        with pytest.raises(UserError, match="expected 8, 16, 32"):
            sides(size)


def test_a_step_of_growth_changes_nothing_at_first():
    noise = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    generators = growing_generator(16, latent=8, width=16)
    before, after = array(generators[1](noise)), array(generators[2](noise))
    np.testing.assert_allclose(after, before.repeat(2, axis=1).repeat(2, axis=2), atol=1e-6)
    generators[2].get_layer("fade_16").alpha.assign(0.5)
    assert np.abs(array(generators[2](noise)) - after).max() > 1e-3

    photo = np.random.default_rng(1).normal(size=(4, 16, 16, 3)).astype("float32")
    discriminators = growing_discriminator(16, width=16)
    small = photo.reshape(4, 8, 2, 8, 2, 3).mean(axis=(2, 4))
    before, after = array(discriminators[1](small)), array(discriminators[2](photo))
    np.testing.assert_allclose(after, before, atol=1e-4)


def test_stages_follow_the_images_that_were_seen():
    model = Progressive(size=16, width=16, latent=8, phase_images=100).build(16, 0)
    seen = [model.stage_at(images) for images in (0, 99, 100, 299, 300, 10_000)]
    # 4 px for one phase; 8 px faded in and learned in two; then 16 px.
    assert seen == [0, 0, 1, 1, 2, 2]


def test_r1_is_the_same_in_mixed_precision():
    """Rounded logits would add their own differences to the slope that is measured."""
    photo = np.random.default_rng(0).uniform(-1, 1, (8, 32, 32, 3)).astype("float32")
    shaken = photo + SHAKE * np.random.default_rng(1).standard_normal(photo.shape, np.float32)
    found = []
    for policy in ("float32", "mixed_bfloat16"):
        keras.config.set_dtype_policy(policy)
        keras.utils.set_random_seed(0)
        discriminator = growing_discriminator(32, width=16)[-1]
        discriminator.get_layer("fade_32").alpha.assign(1.0)
        loss = r1_loss(discriminator(photo), discriminator(shaken), SHAKE)
        found.append(float(loss))
    assert found[1] == pytest.approx(found[0], rel=0.03)


def test_a_late_layer_starts_at_the_learning_rate():
    """Its first gradient comes after 50 steps, and moves it as far as a first step does."""
    early, late = (keras.Variable(np.zeros(3, "float32")) for _ in range(2))
    optimizer = GrowingAdam(0.01, beta_1=0.0, beta_2=0.99, epsilon=1e-12)
    optimizer.build([early, late])
    gradient = np.array([1.0, -2.0, 3.0], "float32")
    for _ in range(50):
        optimizer.apply([gradient, 0 * gradient], [early, late])
    np.testing.assert_array_equal(array(late), 0)
    before = array(early)
    optimizer.apply([gradient, gradient], [early, late])
    np.testing.assert_allclose(array(late), -0.01 * np.sign(gradient), rtol=1e-4)
    np.testing.assert_allclose(array(early) - before, -0.01 * np.sign(gradient), rtol=1e-4)


@pytest.mark.parametrize("beta_1", [0.0, 0.5])
def test_adam_for_growing_networks_is_adam_while_nothing_grows_late(beta_1):
    rng = np.random.default_rng(0)
    variables = [keras.Variable(np.ones(4, "float32")) for _ in range(2)]
    kinds = (GrowingAdam, keras.optimizers.Adam)
    optimizers = [kind(0.01, beta_1=beta_1, beta_2=0.99) for kind in kinds]
    for optimizer, variable in zip(optimizers, variables, strict=True):
        optimizer.build([variable])
    for _ in range(20):
        gradient = rng.normal(size=4).astype("float32")
        for optimizer, variable in zip(optimizers, variables, strict=True):
            optimizer.apply([gradient], [variable])
    np.testing.assert_allclose(array(variables[0]), array(variables[1]), rtol=1e-6)
