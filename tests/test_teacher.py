import csv
import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.demo_bundle import write_card
from tests.pictures import pairs, write_dataset
from tests.test_squeezenet import write_weights
from tests.tiny_recipe import TINY
from training.errors import UserError
from training.fit import FitOptions, fit
from training.options import NONE
from training.pixels import from_network, to_network
from training.recipes.pix2pix import Pix2Pix
from training.runs.folder import load_generator
from training.transfer.background import blur_where_empty
from training.transfer.bundle import fingerprint
from training.transfer.teacher import load_teacher

pytestmark = pytest.mark.slow

SIZE = 64
RECIPE = Pix2Pix(
    generator="shuffle_unet",
    width=8,
    discriminator_width=4,
    batch=2,
    zoom_max=0.0,
    shift=0.0,
    squeezenet=NONE,
)
STILL = dataclasses.replace(RECIPE, generator="slim_unet", flip=False)


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """A run of the wide generator, hardly trained."""
    place = tmp_path_factory.mktemp("wide")
    data = write_dataset(place / "data", train=8, test=2, size=SIZE)
    told = FitOptions(data, place / "run", images=8, epoch_images=8, precision="float32")
    return fit(RECIPE, told, name="pix2pix", verbose=0)


@pytest.fixture(scope="module")
def batch():
    return pairs(2, SIZE)


def test_a_run_teaches_what_it_draws(wide, batch):
    sketch = to_network(batch[0])
    taught = load_teacher(wide.folder, SIZE)(sketch)
    np.testing.assert_array_equal(taught, load_generator(wide)(sketch, training=False))


def test_what_a_soft_teacher_makes_up_is_out_of_focus(wide, batch):
    sketch = to_network(batch[0])
    sharp, soft = (
        load_teacher(wide.folder, SIZE, blur_empty=blur)(sketch) for blur in (False, True)
    )
    np.testing.assert_array_equal(soft, blur_where_empty(sketch, sharp))
    assert np.abs(soft - sharp).max() > 0.01


def test_the_distances_are_to_the_teachers_drawings(wide, batch, tmp_path):
    perceptual: dict[str, Any] = {
        "squeezenet": write_weights(tmp_path / "weights.h5"),
        "projected": 0.0,
    }
    told = {}
    for teacher in (None, wide.folder):
        keras.utils.set_random_seed(1)
        model = dataclasses.replace(STILL, **perceptual).build(SIZE, 0)
        sketch, photo = map(to_network, batch)
        drawn = model.networks["generator"](sketch, training=True)
        aim = photo
        if teacher:
            model.teacher = load_teacher(teacher, SIZE)
            aim = model.teacher(sketch)
        _, told[teacher] = model.losses(batch)
        assert float(told[teacher]["l1"]) == pytest.approx(np.abs(aim - drawn).mean(), rel=1e-4)
    untaught, taught = told.values()
    assert abs(float(untaught["perceptual"]) - float(taught["perceptual"])) > 1e-3


def test_a_teacher_sees_drawings_at_their_own_size_and_its_picture_is_made_smaller(wide, batch):
    model = dataclasses.replace(STILL, zoom_min=-0.5, zoom_max=-0.5).build(SIZE, 0)
    model.teacher = load_teacher(wide.folder, SIZE)
    pictures = [*batch, from_network(model.teacher(to_network(batch[0])))]
    again = keras.random.SeedGenerator(0)
    again.state.assign(model.random.state)
    sketch, _, aim = map(to_network, model.augmentation(pictures, again))
    drawn = model.networks["generator"](sketch, training=True)
    _, told = model.losses(batch)
    assert float(told["l1"]) == pytest.approx(np.abs(aim - drawn).mean(), rel=1e-4)
    assert np.abs(model.teacher(sketch) - aim).mean() > 0.01, "of what it does with small drawings"


def test_a_teacher_is_neither_trained_nor_kept(wide):
    alone, taught = (STILL.build(SIZE, 0) for _ in range(2))
    taught.teacher = load_teacher(wide.folder, SIZE)
    assert [v.shape for v in taught.variables] == [v.shape for v in alone.variables]


def test_a_run_learns_from_the_teacher_that_it_names(wide, tmp_path):
    """Runs that differ in nothing but what they are taught are as far from other pictures."""

    def distance(name: str, focus: str, teacher: Path | None) -> str:
        data = shutil.copytree(wide.folder.parent / "data", tmp_path / name / "data")
        (data / "dataset.json").write_text(json.dumps({"size": SIZE, "focus": focus}))
        told = FitOptions(
            data, tmp_path / name / "run", images=8, epoch_images=8, precision="float32"
        )
        run = fit(
            dataclasses.replace(TINY, batch=2, teacher=teacher), told, name="pix2pix", verbose=0
        )
        [row] = csv.DictReader(run.log.read_text().splitlines())
        return row["l1"]

    alone = distance("alone", "drawn", None)
    taught = distance("taught", "all", wide.folder)
    softly = distance("softly", "drawn", wide.folder)
    assert distance("untouched", "all", None) == alone, "the photos are the same"
    assert len({alone, taught, softly}) == 3


def test_who_cannot_teach_is_told(wide, tmp_path):
    with pytest.raises(UserError, match="cannot make pictures of 96 px"):
        load_teacher(wide.folder, 96)
    with pytest.raises(UserError, match="expected a run folder or a bundle to learn from"):
        load_teacher(tmp_path, SIZE)
    write_card(tmp_path, training=wide.card["training"], size=SIZE)
    with pytest.raises(UserError, match="has no float16 or float32 file to read weights from"):
        load_teacher(tmp_path, SIZE)


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({}, "expected a recipe and its options"),
        ({"recipe": ["pix2pix"], "options": {}}, "expected a recipe and its options"),
        ({"recipe": "pix2pix", "options": 3}, "expected a recipe and its options"),
        ({"recipe": "pix2pix", "options": {"width": "8; rm"}}, "8; rm|does not describe"),
        ({"recipe": "pix2pix", "options": {"no_option": 1}}, "another version"),
        ({"recipe": "pix2pix", "options": {"width": 8}}, "is no TFLite network"),
        # What was an option once says nothing of the network.
        ({"recipe": "pix2pix", "options": {"width": 8, "gain": 0.1}}, "is no TFLite network"),
    ],
)
def test_a_card_that_describes_no_teacher_is_told(tmp_path, training, told):
    (tmp_path / "weights").write_bytes(b"\x20" + b"\xff" * 99)
    entry = {"path": "weights", **fingerprint(tmp_path / "weights")}
    write_card(tmp_path, size=SIZE, training=training, files={"tflite-float16": entry})
    with pytest.raises(UserError, match=told) as error:
        load_teacher(tmp_path, SIZE)
    assert "\n" not in str(error.value)


def test_a_damaged_teacher_does_not_teach(tmp_path):
    (tmp_path / "weights").write_bytes(b"weights")
    entry = {"path": "weights", **fingerprint(tmp_path / "weights")}
    write_card(tmp_path, size=SIZE, files={"tflite-float16": entry})
    (tmp_path / "weights").write_bytes(b"weighs!")
    with pytest.raises(UserError, match="is not what the card describes"):
        load_teacher(tmp_path, SIZE)


def test_a_bundle_teaches_what_its_float_file_draws(wide, batch, tmp_path):
    from export.bundle import export_bundle  # TensorFlow's: the rest of this file runs without.

    export_bundle(wide, tmp_path / "bundle", ["tflite-float16"])
    sketch = to_network(batch[0])
    taught = keras.ops.convert_to_numpy(load_teacher(tmp_path / "bundle", SIZE)(sketch))
    drawn = keras.ops.convert_to_numpy(load_generator(wide)(sketch, training=False))
    np.testing.assert_allclose(taught, drawn, atol=0.02)
