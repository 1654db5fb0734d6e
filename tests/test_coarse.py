"""A training for a time begins with pictures of half their size, and goes on with whole ones."""

import dataclasses
import json
from pathlib import Path

import pytest

from tests.pictures import write_dataset
from tests.tiny_recipe import TINY
from training.fit import fit
from training.recipes import RECIPES
from training.recipes.cyclegan import CycleGAN
from training.recipes.pix2pix import Pix2Pix
from training.runs import checkpoints, coarse
from training.runs.coarse import SHARE, Coarse
from training.runs.folder import load_generator
from training.runs.options import FitOptions

SIZE = 64
HOUR = FitOptions(Path("data"), Path("run"), minutes=60)


def test_the_first_stage_is_of_half_the_size_and_a_share_of_the_time():
    assert coarse.planned(Pix2Pix(), HOUR, 256) == Coarse(128, 3600 * SHARE)
    assert coarse.planned(Pix2Pix(), HOUR, (768, 256)) == Coarse((384, 128), 3600 * SHARE)


@pytest.mark.parametrize(
    ("recipe", "options", "size"),
    [
        (Pix2Pix(), HOUR, 128),
        (Pix2Pix(), HOUR, (512, 128)),
        (Pix2Pix(), HOUR, 320),
        (Pix2Pix(generator="unet"), HOUR, 256),
        (Pix2Pix(teacher=Path("teacher")), HOUR, 256),
        (CycleGAN(), HOUR, 256),
        (Pix2Pix(), dataclasses.replace(HOUR, start=Path("flowers.tflite")), 256),
        (Pix2Pix(), dataclasses.replace(HOUR, minutes=5), 256),
        (Pix2Pix(), dataclasses.replace(HOUR, minutes=0), 256),
    ],
)
def test_where_it_would_not_help_or_not_fit_there_is_one_stage(recipe, options, size):
    assert coarse.planned(recipe, options, size) is None


def test_a_run_keeps_its_first_stage():
    stage = Coarse((384, 128), 1440.0)
    assert coarse.stored(json.loads(json.dumps({"coarse": stage.to_json()}))) == stage
    assert coarse.stored({}) is None and coarse.stored({"coarse": None}) is None


@pytest.mark.slow
def test_the_second_stage_goes_on_from_the_first_and_more_time_does_not_go_back(
    tmp_path, monkeypatch
):
    for limit, value in (("LEAST_MINUTES", 0.1), ("LEAST_SIDE", SIZE), ("MULTIPLE", SIZE // 2)):
        monkeypatch.setattr(coarse, limit, value)
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": TINY})
    data = write_dataset(tmp_path / "flowers", train=8, test=2, size=SIZE)

    def train(minutes: float):
        options = FitOptions(data, tmp_path / "run", minutes=minutes, precision="float32")
        return fit(TINY, options, name="tiny", verbose=0)

    run = train(0.2)
    config = json.loads((run.folder / "config.json").read_text())
    assert config["coarse"] == {"size": SIZE // 2, "seconds": 12 * SHARE} and run.size == SIZE
    reached, stretch = checkpoints.reached(run.checkpoints), config["epoch_images"]
    assert reached.epoch == len(run.log.read_text().splitlines()) - 1
    # A coarse epoch sees four times as many images as one of whole pictures.
    coarse_ones = (reached.images // stretch - reached.epoch) / 3
    assert coarse_ones.is_integer() and 0 < coarse_ones < reached.epoch
    assert run.card["training"]["images_seen"] == reached.images
    assert load_generator(run).output_shape == (None, SIZE, SIZE, 3)

    train(0.35)
    more = checkpoints.reached(run.checkpoints)
    assert more.images - reached.images == stretch * (more.epoch - reached.epoch) > 0
    assert json.loads((run.folder / "config.json").read_text()) == config
