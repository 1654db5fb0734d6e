"""The generator whose encoder is SqueezeNet: that it begins with its weights, and learns."""

import dataclasses

import keras
import numpy as np
import pytest

from tests.pictures import pairs
from tests.test_squeezenet import write_weights
from training.errors import UserError
from training.networks.generators import generator
from training.networks.squeeze_unet import squeeze_unet
from training.networks.squeezenet import squeezenet
from training.options import NONE
from training.recipes.pix2pix import Pix2Pix
from training.transfer.start import load_start

SIZE = 64
RECIPE = Pix2Pix(
    generator="squeeze_unet",
    width=8,
    discriminator_width=4,
    batch=2,
    perceptual=0.0,
    projected=0.0,
    matching=0.0,
)


def encoder(network: keras.Model) -> keras.Model:
    """What a generator passes on at 1/4, as SqueezeNet does."""
    expanded = network.get_layer("fire3_expand1x1"), network.get_layer("fire3_expand3x3")
    return keras.Model(network.input, [each.output for each in expanded])


def test_a_training_begins_with_the_weights_of_squeezenet_or_with_none(tmp_path):
    weights = write_weights(tmp_path / "squeezenet.h5")
    photos = np.random.default_rng(0).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype(np.float32)
    expected = encoder(squeezenet(SIZE, weights))(photos)
    for given, same in ((weights, True), (NONE, False), (None, False)):
        recipe = dataclasses.replace(RECIPE, squeezenet=given)
        found = encoder(recipe.build(SIZE, seed=0).networks["generator"])(photos)
        for ours, theirs in zip(found, expected, strict=True):
            assert np.allclose(ours, theirs, rtol=1e-3, atol=1e-2) == same


def test_every_weight_of_it_learns(tmp_path):
    recipe = dataclasses.replace(RECIPE, squeezenet=write_weights(tmp_path / "squeezenet.h5"))
    model = recipe.build(SIZE, seed=0)
    on_jax = keras.backend.backend() == "jax"
    model.compile(optimizer=recipe.optimizer(), run_eagerly=not on_jax, jit_compile=on_jax)
    variables = model.networks["generator"].trainable_variables
    before = [keras.ops.convert_to_numpy(each.value).copy() for each in variables]
    photos, masks = pairs(4, SIZE, 0)
    history = model.fit(photos, masks, batch_size=2, shuffle=False, verbose=0).history
    assert all(np.isfinite(value) for [value] in history.values())
    for old, variable in zip(before, variables, strict=True):
        assert not np.array_equal(old, keras.ops.convert_to_numpy(variable.value)), variable.path


def test_a_look_is_refused():
    with pytest.raises(UserError, match="--look is for slim_unet and shuffle_unet"):
        generator("squeeze_unet", SIZE, 8, look=8, grain=0, seed=0)


def test_it_starts_from_a_run_and_not_from_a_file(tmp_path):
    with pytest.raises(UserError, match="starts from a run folder, not from a file"):
        load_start(tmp_path / "things.tflite", squeeze_unet(SIZE, width=8), pairs(2, SIZE, 0)[0])
