"""What holds for every recipe: the same battery for each."""

import csv
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

from tests.one_player import in_turn, one_alone, values
from tests.tiny_recipe import TINY
from tests.tiny_recipes import PHOTOS, data, example, recipe, train, trained
from training.data.batches import Batches
from training.evaluation.evaluate import evaluate
from training.evaluation.generators import Generator
from training.evaluation.preview import preview
from training.recipes import RECIPES
from training.recipes.cgan import discriminator as cgan_discriminator
from training.runs.folder import load_generator
from training.runs.samples import generate, ready, sample_inputs

SIZES = {"pix2pix": 64, "cyclegan": 32, "progressive": 16}  # px; the others are digits of 28.
GAME = ("generator", "discriminator")
PLAYERS = {
    "pix2pix": GAME,
    "cgan": GAME,
    "dcgan": GAME,
    "gan": GAME,
    "vae": ("autoencoder",),
    "denoise": ("autoencoder",),
    "cyclegan": ("generators", "discriminators"),
    "progressive": GAME,
}
every_recipe = pytest.mark.parametrize("name", PLAYERS)


def compiled(model, optimizer):
    model.compile(optimizer=optimizer, jit_compile=keras.backend.backend() == "jax")
    return model


def steps(model, batch, count: int) -> dict[str, list[float]]:
    """Train on one batch `count` times; what was logged each time."""
    stream = Batches(batch, len(batch[0]))
    return model.fit(stream, epochs=count, shuffle=False, verbose=0).history


def test_every_recipe_is_here():
    assert list(PLAYERS) == list(RECIPES)


def test_cgan_has_as_many_parameters_as_published():
    assert recipe("cgan").build_generator(28, 0).count_params() == 856_760
    assert cgan_discriminator(28, 10).count_params() == 196_773


def test_gan_is_the_network_that_was_asked_for():
    dense = [w.shape for w in recipe("gan").build_generator(28, 0).trainable_variables[::2]]
    assert dense == [(30, 100), (100, 150), (150, 784)]


@pytest.mark.slow
@every_recipe
def test_it_trains_and_its_run_folder_is_complete(name, store, tmp_path):
    run = trained(store, name)
    rows = list(csv.DictReader(run.log.read_text().splitlines()))
    assert len(rows) == 2
    assert all(np.isfinite(float(value)) for row in rows for value in row.values() if value)
    assert len(list(run.samples.iterdir())) == 2
    size, shown = run.config["size"], recipe(name).shown
    assert size == SIZES.get(name, 28)
    for generator_name in shown:
        generator = load_generator(run, generator_name)
        pictures = recipe(name).open(data(store, name)).test.load()[0]
        drawn = generate(generator, sample_inputs(generator, 3, pictures, 10))
        assert drawn.shape[1:3] == (size, size) and drawn.dtype == np.uint8
        assert drawn.std() > 0
        out = preview(run.folder, name=generator_name, out=tmp_path / "sheet.png", count=4)
        with Image.open(out) as sheet:
            assert sheet.height > size
        if name not in PHOTOS:
            # The interpreter that KID takes is not everywhere that JAX trains.
            [row] = evaluate(Generator.open(run.folder), limit=6)["measures"]
            assert (row["pictures"], row["size"]) == (6, 28)
            assert ("l1" in row) == (name == "denoise"), "noise belongs to no picture"
    assert sorted(run.card["weights"]) == sorted(shown)


@pytest.mark.slow
@every_recipe
def test_it_trains_in_mixed_precision(name, store):
    chosen = recipe(name)
    batch = example(store, name, chosen)
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = chosen.build(SIZES.get(name, 28), 0)
    # The operations are the same without a graph, which takes longer to build than three steps.
    on_jax = keras.backend.backend() == "jax"
    model.compile(optimizer=chosen.optimizer(), run_eagerly=not on_jax, jit_compile=on_jax)
    assert all(np.isfinite(told).all() for told in steps(model, batch, 3).values())
    assert {v.dtype for v in model.trainable_variables} == {"float32"}


@pytest.mark.slow
@every_recipe
def test_each_player_learns_alone_and_leaves_the_others_bit_identical(name, store):
    """Its loss on one batch halves, within 200 steps."""
    # Not pix2pix's own: hinge has no floor to sink to, and no gradient where all is within its
    # margin; its generators learn in test_adversarial.
    chosen = recipe(name) if name != "pix2pix" else TINY
    # Without averages, which Keras puts in the weights' place when `fit` ends.
    model = one_alone(chosen.build(SIZES.get(name, 28), 0))
    compiled(model, keras.optimizers.Adam(3e-3))
    assert tuple(model.players) == PLAYERS[name]
    batch = example(store, name, chosen)
    before = {each: values(network) for each, network in model.networks.items()}
    for player in in_turn(model):
        losses: list[float] = []
        # Noise is sampled anew in each step, and some of it is harder.
        while not losses or (len(losses) < 200 and min(losses) > 0.5 * losses[0]):
            losses += steps(model, batch, 10)[f"{player}_loss"]
        assert min(losses) <= 0.5 * losses[0], (player, losses)
        for each, network in model.networks.items():
            same = map(np.array_equal, before[each], values(network))
            assert all(same) == (each not in model.players[player]), (player, each)


@every_recipe
def test_what_it_is_given_matters(name, store):
    chosen = recipe(name)
    generator = chosen.build_generator(SIZES.get(name, 28), 0)
    pictures = chosen.open(data(store, name)).train.load()[0]
    one = sample_inputs(generator, 2, pictures, 10)
    for given in one:
        changed = one | {given: one[given][::-1]}
        before, after = (
            np.asarray(generator(ready(generator, x), training=False)) for x in (one, changed)
        )
        assert np.abs(before - after).max() > 1e-4, given


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cyclegan", "progressive", "vae"])
def test_a_resumed_run_equals_the_uninterrupted_one(name, store, tmp_path):
    """Pools of pictures, stages of growth and all random states among the rest."""
    whole = trained(store, name)
    shutil.copytree(whole.folder, tmp_path / "parts")
    # As if it had been killed in its second epoch.
    max((tmp_path / "parts" / "checkpoints").glob("[0-9]*.npz")).unlink()
    images = 4 * recipe(name).batch
    parts = train(name, data(store, name), tmp_path / "parts", images=images)
    contents = []
    for run in (whole, parts):
        path = max(run.checkpoints.glob("[0-9]*.npz"))
        with np.load(path) as file:
            contents.append({key: file[key] for key in file.files if key != "position"})
    assert contents[0].keys() == contents[1].keys()
    for key in contents[0]:
        np.testing.assert_array_equal(contents[0][key], contents[1][key], err_msg=key)
