import dataclasses

import keras
import numpy as np
import pytest

from tests.one_player import in_turn, one_alone, values
from tests.pictures import pairs
from tests.test_lite0 import write_lite0
from tests.test_squeezenet import write_weights
from tests.tiny_recipe import TINY as SMALL
from training.adversarial import AdversarialModel, adam
from training.recipes.pix2pix import PRESETS, Pix2PixModel

pytestmark = pytest.mark.slow

TINY = {
    name: dataclasses.replace(preset, width=8, discriminator_width=4, batch=2)
    for name, preset in PRESETS.items()
}
SIZE = 64
LEAST = 32  # px, for networks that are not the point.


def compiled(model, options):
    model.compile(optimizer=options.optimizer(), jit_compile=keras.backend.backend() == "jax")
    return model


def eager(model, options):
    """For a step or two: the operations are the same, and the graph takes longer to build.

    On JAX it takes less time than to compile each operation by itself.
    """
    on_jax = keras.backend.backend() == "jax"
    model.compile(optimizer=options.optimizer(), run_eagerly=not on_jax, jit_compile=on_jax)
    return model


def fit(model, steps=1, batch=2, seed=0):
    size = model.networks["generator"].input_shape[1]
    sketches, photos = pairs(steps * batch, size, seed)
    return model.fit(sketches, photos, batch_size=batch, shuffle=False, verbose=0)


@pytest.mark.parametrize("sees", ["pixels", "squeezenet", "lite0"])
def test_a_players_step_leaves_the_others_bit_identical(sees, tmp_path):
    options = dataclasses.replace(SMALL, ema=0.0)
    if sees != "pixels":
        weights = write_weights(tmp_path / "squeezenet.h5")
        options = dataclasses.replace(options, squeezenet=weights)
    if sees == "lite0":
        options = dataclasses.replace(options, lite0=write_lite0(tmp_path / "lite0.pth"))
    model = compiled(one_alone(options.build(LEAST, 0)), options)
    maps = {"pixels": 0, "squeezenet": 3, "lite0": 7}[sees]
    assert len(model.networks["projected"].outputs if maps else []) == maps
    before = {name: values(network) for name, network in model.networks.items()}
    for player in in_turn(model):
        fit(model, steps=2)
        for name, network in model.networks.items():
            paths = [variable.path for variable in network.trainable_variables]
            now = zip(paths, before[name], values(network), strict=True)
            stood = [path for path, old, new in now if np.array_equal(old, new)]
            # Not one weight of the player is left out of its step, and no other takes part.
            assert stood == ([] if name in model.players[player] else paths), (player, name)


@pytest.mark.parametrize("preset", TINY)
def test_losses_are_finite_and_logged(preset):
    model = eager(TINY[preset].build(SIZE, 0), TINY[preset])
    history = fit(model, steps=2).history
    expected = {"generator_loss", "discriminator_loss", "l1"}
    assert set(history) == expected | ({"matching"} if TINY[preset].matching else set())
    assert all(np.isfinite(value) for [value] in history.values())


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_the_perceptual_network_adds_its_term_and_does_not_learn(precision, tmp_path):
    keras.config.set_dtype_policy(precision)
    weights = write_weights(tmp_path / "squeezenet.h5")
    options = dataclasses.replace(SMALL, squeezenet=weights, projected=0.0)
    model = compiled(options.build(LEAST, 0), options)
    before = [keras.ops.convert_to_numpy(v.value) for v in model.perceptual.features.variables]
    blind = options.build(LEAST, 0)
    for name, network in blind.networks.items():
        network.set_weights(model.networks[name].get_weights())
    blind.perceptual, blind.trackers = (
        None,
        {k: v for k, v in blind.trackers.items() if k != "perceptual"},
    )
    one, other = fit(model).history, fit(compiled(blind, options)).history
    # Equal weights and pairs: what differs is the new term.
    distance = one["generator_loss"][0] - other["generator_loss"][0]
    assert distance == pytest.approx(options.perceptual * one["perceptual"][0], rel=0.02)
    assert 0 < one["perceptual"][0] < 2
    for old, variable in zip(before, model.perceptual.features.variables, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(variable.value))


def test_colours_are_those_of_the_photo():
    """Not of what a teacher makes: of that, only the distance to its pixels is measured."""
    options = dataclasses.replace(SMALL, l1=10.0, colour=100.0, perceptual=0.0, projected=0.0)
    batch = tuple(map(keras.ops.convert_to_tensor, pairs(2, LEAST, 0)))
    model = options.build(LEAST, 0)
    one, logs = model.losses(batch)
    model.teacher = keras.ops.ones_like
    other, of_teacher = model.losses(batch)
    assert float(logs["colour"]) == float(of_teacher["colour"]) > 0
    apart = float(other["generator"] - one["generator"])
    assert apart == pytest.approx(10 * float(of_teacher["l1"] - logs["l1"]), rel=1e-3)


def test_mixed_precision_trains_with_float32_weights():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = eager(TINY["fast"].build(SIZE, 0), TINY["fast"])
    history = fit(model, steps=2).history
    assert all(np.isfinite(value) for [value] in history.values())
    assert {v.dtype for v in model.trainable_variables} == {"float32"}


def test_a_tiny_run_learns():
    """On four pairs without augmentation the distance to the photos halves."""
    options = dataclasses.replace(
        TINY["fast"], zoom_max=0.0, shift=0.0, flip=False, learning_rate=2e-3
    )
    keras.utils.set_random_seed(0)
    model = compiled(options.build(SIZE, 0), options)
    sketches, photos = pairs(4, SIZE)
    history = model.fit(sketches, photos, batch_size=2, epochs=30, verbose=0).history
    assert history["l1"][-1] < history["l1"][0] / 2


def test_the_learning_rate_halves_with_the_images_seen():
    """A halving of 8 images at batch 2: after 8 steps a quarter is left."""
    options = dataclasses.replace(SMALL, batch=2, learning_rate=1e-3, halving=8)
    model = compiled(options.build(LEAST, 0), options)
    fit(model, steps=8)
    assert float(model.optimizer.learning_rate) == pytest.approx(2.5e-4)


def test_a_short_training_shows_what_it_has_learned():
    """With a decay of 0.999 the average of 40 steps is that of the last ones, not of the first."""
    weight = keras.Variable(np.zeros(1, np.float32))
    optimizer = adam(learning_rate=1.0, beta_1=0.5, ema=0.999)
    expected = np.zeros(1)
    for step in range(40):
        optimizer.apply([np.full(1, -1.0, np.float32)], [weight])
        decay = min(0.999, (1 + step) / (10 + step)) if step else 0.0
        expected = decay * expected + (1 - decay) * keras.ops.convert_to_numpy(weight)
    [average] = optimizer._model_variables_moving_average
    assert keras.ops.convert_to_numpy(average) == pytest.approx(expected, rel=1e-4)
    assert 30 < expected < 40  # Of a weight that went from 1 to 40.
    assert optimizer.get_config()["ema_momentum"] == 0.999


def test_the_condition_matters():
    generator = TINY["fast"].build_generator(SIZE, 0)
    sketches = pairs(2, SIZE)[0].astype("float32") / 127.5 - 1
    first, second = keras.ops.convert_to_numpy(generator(sketches, training=False))
    assert np.abs(first - second).mean() > 1e-3


def test_each_network_has_exactly_one_player():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="exactly one player"):
        AdversarialModel({"a": network}, players={"one": ["a"], "two": ["a"]})
    with pytest.raises(ValueError, match="exactly one player"):
        AdversarialModel({"a": network}, players={})


def test_what_is_logged_must_be_declared():
    class Silent(Pix2PixModel):
        def losses(self, batch):
            losses, logs = super().losses(batch)
            return losses, logs | {"surprise": losses["generator"]}

    # Without averages: on JAX, Keras tidies them up after the error, and fails at it with another.
    options = dataclasses.replace(SMALL, ema=0.0)
    model = compiled(Silent(options, LEAST, 0), options)
    with pytest.raises(ValueError, match="surprise"):
        fit(model)
