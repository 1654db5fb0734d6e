"""What holds for every recipe: the same battery for each."""

import csv
import dataclasses
import gzip
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from tests.pictures import pairs, write_dataset
from training.adversarial import AdversarialModel
from training.data.batches import Batches
from training.evaluation.evaluate import evaluate
from training.evaluation.generators import Generator
from training.evaluation.preview import preview
from training.fit import FitOptions, fit
from training.recipes import RECIPES
from training.recipes.cgan import discriminator as cgan_discriminator
from training.runs.folder import load_generator
from training.runs.samples import generate, ready, sample_inputs

TINY: dict[str, dict[str, Any]] = {
    "pix2pix": {"width": 8, "discriminator_width": 4, "batch": 4},
    "cgan": {"batch": 8},
    "dcgan": {"batch": 8},
    "gan": {"batch": 8},
    "vae": {"batch": 8},
    "denoise": {"batch": 8},
    "cyclegan": {"size": 64, "width": 8, "discriminator_width": 4, "batch": 2},
    "progressive": {"size": 16, "width": 16, "latent": 8, "phase_images": 16, "batch": 8},
}
PHOTOS = {"pix2pix": "pairs", "cyclegan": "kinds", "progressive": "photos"}  # The others: digits.
every_recipe = pytest.mark.parametrize("name", RECIPES)


def recipe(name: str, **options):
    return dataclasses.replace(next(iter(RECIPES[name].values())), **TINY[name] | options)


def write_digits(folder, count: int = 48):
    """Write idx files: label n is a bright bar in column 2n + 4, gzipped or not."""
    folder.mkdir(parents=True)
    labels = np.arange(count, dtype=np.uint8) % 10
    pictures = np.zeros((count, 28, 28), np.uint8)
    for picture, label in zip(pictures, labels, strict=True):
        picture[4:24, 2 * label + 4 : 2 * label + 7] = 255
    for prefix in ("train", "t10k"):
        for kind, values in (("images-idx3", pictures), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
            path = folder / f"{prefix}-{kind}-ubyte"
            if prefix == "train":
                path.write_bytes(header + values.tobytes())
            else:
                path.with_name(f"{path.name}.gz").write_bytes(
                    gzip.compress(header + values.tobytes())
                )
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Data of each recipe's kind, by its name in `PHOTOS`, and digits."""
    place = tmp_path_factory.mktemp("data")
    write_dataset(place / "pairs", train=12, test=4)
    write_digits(place / "digits")
    for number, kind in enumerate(("left", "right")):
        (place / "kinds" / kind).mkdir(parents=True)
        for index, photo in enumerate(pairs(20 + 4 * number, 64, seed=number)[1]):
            Image.fromarray(photo).save(place / "kinds" / kind / f"{index:03d}.png")
    (place / "photos").symlink_to(place / "kinds" / "left")
    return place


def train(name, data, run, *, images: int, precision="float32"):
    chosen = recipe(name)
    folder = data / PHOTOS.get(name, "digits")
    batch = 2 * chosen.batch
    told = FitOptions(folder, run, images, epoch_images=batch, precision=precision)
    return fit(chosen, told, name=name, verbose=0)


def example(chosen, data, name: str) -> tuple[np.ndarray, ...]:
    """A batch as `fit` gives it."""
    columns = chosen.open(data / PHOTOS.get(name, "digits")).train.load()
    return tuple(column[: chosen.batch] for column in columns)


class OneAlone(AdversarialModel):
    """A model in which one player alone has anything to learn."""

    alone: str

    def losses(self, batch):
        """The others' losses are multiplied by nothing."""
        losses, logs = super().losses(batch)
        return {name: x * float(name == self.alone) for name, x in losses.items()}, logs


def alone(model, player: str):
    model.__class__ = type("Alone", (OneAlone, type(model)), {"alone": player})
    return model


def compiled(model, optimizer):
    model.compile(optimizer=optimizer, jit_compile=keras.backend.backend() == "jax")
    return model


def steps(model, batch, count: int) -> dict[str, list[float]]:
    """Train on one batch `count` times; what was logged each time."""
    stream = Batches(batch, len(batch[0]))
    return model.fit(stream, epochs=count, shuffle=False, verbose=0).history


def values(network):
    return [keras.ops.convert_to_numpy(v.value) for v in network.trainable_variables]


def test_cgan_has_as_many_parameters_as_published():
    assert recipe("cgan").build_generator(28, 0).count_params() == 856_760
    assert cgan_discriminator(28, 10).count_params() == 196_773


def test_gan_is_the_network_that_was_asked_for():
    dense = [w.shape for w in recipe("gan").build_generator(28, 0).trainable_variables[::2]]
    assert dense == [(30, 100), (100, 150), (150, 784)]


@every_recipe
def test_it_trains_and_its_run_folder_is_complete(name, data, tmp_path):
    run = train(name, data, tmp_path / "run", images=4 * recipe(name).batch)
    rows = list(csv.DictReader(run.log.read_text().splitlines()))
    assert len(rows) == 2
    assert all(np.isfinite(float(value)) for row in rows for value in row.values() if value)
    assert len(list(run.samples.iterdir())) == 2
    size, shown = run.config["size"], recipe(name).shown
    for generator_name in shown:
        generator = load_generator(run, generator_name)
        pictures = recipe(name).open(data / PHOTOS.get(name, "digits")).test.load()[0]
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


@every_recipe
def test_it_trains_in_mixed_precision(name, data, tmp_path):
    images = 6 * recipe(name).batch
    run = train(name, data, tmp_path / "run", images=images, precision="mixed_bfloat16")
    rows = list(csv.DictReader(run.log.read_text().splitlines()))
    assert all(np.isfinite(float(value)) for row in rows for value in row.values() if value)


@every_recipe
def test_a_players_step_leaves_the_others_bit_identical(name, data):
    chosen = recipe(name) if name != "pix2pix" else recipe(name, adversarial="bce")
    size = chosen.open(data / PHOTOS.get(name, "digits")).size
    batch = example(chosen, data, name)
    players = chosen.build(size, 0).players
    for player, networks in players.items():
        # Without averages, which Keras puts in the weights' place when `fit` ends.
        model = compiled(alone(chosen.build(size, 0), player), keras.optimizers.Adam(1e-3))
        before = {each: values(network) for each, network in model.networks.items()}
        steps(model, batch, 2)
        for each, network in model.networks.items():
            same = map(np.array_equal, before[each], values(network))
            assert all(same) == (each not in networks), (player, each)


@every_recipe
def test_what_it_is_given_matters(name, data):
    chosen = recipe(name)
    size = chosen.open(data / PHOTOS.get(name, "digits")).size
    generator = chosen.build_generator(size, 0)
    pictures = chosen.open(data / PHOTOS.get(name, "digits")).train.load()[0]
    one = sample_inputs(generator, 2, pictures, 10)
    for given in one:
        changed = one | {given: one[given][::-1]}
        before, after = (
            np.asarray(generator(ready(generator, x), training=False)) for x in (one, changed)
        )
        assert np.abs(before - after).max() > 1e-4, given


LEARN = [
    (name, player)
    for name in RECIPES
    for player in recipe(name)
    .build(TINY[name].get("size", 64 if name == "pix2pix" else 28), 0)
    .players
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "player"), LEARN)
def test_each_player_learns_when_the_others_stand_still(name, player, data):
    """Its loss on one batch halves, within 200 steps; hinge has no floor, and sinks."""
    chosen = recipe(name)
    size = chosen.open(data / PHOTOS.get(name, "digits")).size
    model = compiled(alone(chosen.build(size, 0), player), keras.optimizers.Adam(3e-3))
    batch = example(chosen, data, name)
    losses: list[float] = []
    # Noise is drawn anew in each step, and some of it is harder.
    while not losses or (len(losses) < 200 and min(losses) > 0.5 * abs(losses[0])):
        losses += steps(model, batch, 10)[f"{player}_loss"]
    assert min(losses) <= 0.5 * abs(losses[0]), losses


@pytest.mark.parametrize("name", ["cyclegan", "progressive", "vae"])
def test_a_resumed_run_equals_the_uninterrupted_one(name, data, tmp_path):
    """Pools of pictures, stages of growth and all random states among the rest."""
    batch = recipe(name).batch
    whole = train(name, data, tmp_path / "whole", images=6 * batch)
    train(name, data, tmp_path / "parts", images=2 * batch)
    parts = train(name, data, tmp_path / "parts", images=6 * batch)
    contents = []
    for run in (whole, parts):
        [path] = run.checkpoints.glob("*.npz")
        with np.load(path) as file:
            contents.append({key: file[key] for key in file.files if key != "position"})
    assert contents[0].keys() == contents[1].keys()
    for key in contents[0]:
        np.testing.assert_array_equal(contents[0][key], contents[1][key], err_msg=key)
