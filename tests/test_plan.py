"""Training for a time: the speed is measured without a trace, and the clock ends it."""

import dataclasses
import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.pictures import write_dataset
from tests.tiny_recipe import TINY
from training.errors import UserError
from training.fit import FitOptions, fit
from training.recipes import RECIPES
from training.runs.checkpoints import Position, state
from training.runs.length import ENDLESS, Length, length_of
from training.runs.plan import (
    EPOCHS,
    LEAST_SECONDS,
    MOST_IMAGES,
    MOST_SECONDS,
    PASSES,
    Deadline,
    epoch_images,
    is_late,
    longest,
    measure_speed,
    step_size,
    told,
    until,
)

SIZE = 32


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": TINY})


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "flowers", train=8, test=2)


def train(data, run, minutes, recipe=TINY, **more):
    options = FitOptions(data, run, minutes=minutes, precision="float32", **more)
    return fit(recipe, options, name="tiny", verbose=0)


def test_a_time_is_cut_into_twenty_stretches_of_whole_batches():
    assert epoch_images(speed=10, minutes=60, batch=8) == 10 * 3600 / EPOCHS
    assert epoch_images(speed=10, minutes=1, batch=8) == 24
    assert epoch_images(speed=0.01, minutes=1, batch=8) == 8
    assert epoch_images(speed=100, minutes=60, batch=7) == MOST_IMAGES // 7 * 7
    assert epoch_images(speed=6_000, minutes=60, batch=8) == 6_000 * LEAST_SECONDS
    assert epoch_images(speed=6_000, minutes=1, batch=8) == 6_000 * 60 / EPOCHS
    assert epoch_images(speed=4, minutes=10_000, batch=8) == 4 * MOST_SECONDS


def test_the_steps_stay_whole_for_half_of_it_and_end_at_a_sixteenth():
    assert [step_size(progress) for progress in (0, 0.5, 0.625, 0.75, 1)] == [
        1,
        1,
        0.5,
        0.25,
        1 / 16,
    ]


def test_what_began_with_something_ends_when_it_has_seen_its_pairs_often_enough():
    for pairs, more in ((200, 0), (201, 1)):
        length = length_for(pairs, minutes=60, begun={"epoch_images": 500})
        assert length.enough and length.last_epoch(4, 3) == PASSES * 200 / 500 + more
    without = length_for(200, minutes=60, starts=False)
    assert not without.enough and without.last_epoch(4, 3) == 3 + ENDLESS


def length_for(pairs, *, starts=True, begun=None, batch=8, **told):
    return length_of(FitOptions(Path("d"), Path("r"), **told), begun, starts, batch, pairs)


def test_neither_images_nor_minutes_end_it_after_as_many_passes():
    assert length_for(60) == Length(1200, 400, True)
    assert length_for(50) == Length(1000, 336, True)
    assert length_for(2_000) == Length(40_000, 2_000, True)
    assert length_for(5_001) == Length(100_000, 4_000, False)
    assert length_for(60, starts=False) == Length(100_000, 4_000, False)
    for pairs in (1, 7, 60, 333, 4_999):
        length = length_for(pairs)
        seen = length.last_epoch(8) * length.epoch_images
        assert 0 <= seen - PASSES * pairs <= 8 * length.last_epoch(8)


def test_images_that_are_told_are_seen_and_a_run_keeps_its_stretches():
    assert length_for(60, images=9_000) == Length(9_000, 4_000, False)
    assert length_for(60, epoch_images=40) == Length(1200, 40, True)
    assert length_for(60, begun={"epoch_images": 48}).epoch_images == 48
    assert length_for(60, images=9_000, begun={"epoch_images": 48}).epoch_images == 48


def test_the_learning_rate_follows_the_clock_and_is_whole_in_what_is_saved():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.5))
    for minutes_spent, share in ((100, 1), (750, 1 / 4)):
        deadline = Deadline(minutes=1000, begun=Position(seconds=60 * minutes_spent))
        deadline.set_model(model)
        deadline.on_epoch_begin(6)
        assert float(model.optimizer.learning_rate) == pytest.approx(0.5 * share, rel=1e-3)
        deadline.on_epoch_end(6)
        assert float(model.optimizer.learning_rate) == 0.5


def test_an_epoch_takes_as_long_as_the_longest_did_also_in_another_start():
    assert longest(Position(4, 16, 40.0)) == 10, "an earlier version did not note it"
    assert longest(Position(4, 16, 40.0, 25.0)) == 25
    assert not is_late(1, Position()) and not is_late(1, Position(4, 16, 40.0))
    assert is_late(1, Position(4, 16, 40.0, 25.0)) and is_late(0.5, Position(4, 16, 40.0))


def test_it_says_when_it_will_be_done():
    assert told(5.04, 60).startswith("5.0 images/s: about 18,000 images until ")
    soon, later = until(60, 60 * 59), until(60)
    assert soon != later and re.fullmatch(r"\d\d:\d\d", soon)


@pytest.mark.slow
def test_the_speed_is_measured_and_nothing_is_left_of_it():
    model = TINY.build(SIZE, 0)
    model.compile(optimizer=TINY.optimizer())
    model.optimizer.build(model.trainable_variables)
    rows = np.random.default_rng(0).integers(0, 256, (2, 8, SIZE, SIZE, 3), np.uint8)
    before = {name: keras.ops.convert_to_numpy(v.value) for name, v in state(model).items()}
    speed = measure_speed(model, (rows[0], rows[1]), TINY.batch)
    assert 0.1 < speed < 1e5
    for name, variable in state(model).items():
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable.value), before[name])


@pytest.mark.slow
def test_the_clock_ends_it_and_more_time_goes_on(data, tmp_path, capsys):
    run = train(data, tmp_path / "run", minutes=0.15)
    config = json.loads((run.folder / "config.json").read_text())
    seconds = run.card["training"]["seconds"]
    said = capsys.readouterr().out
    assert "images until " in said
    assert 2 <= seconds <= 11 and config["epoch_images"] % TINY.batch == 0
    rows = run.log.read_text().splitlines()
    assert len(rows) > 2
    assert said.count("its time is up: ") == 1
    newest = max(run.checkpoints.glob("*.npz"))
    with np.load(newest) as saved:
        [rate] = [saved[name] for name in saved.files if name.endswith("learning_rate")]
    assert rate == np.float32(TINY.learning_rate), "what is saved may go on for another time"

    for minutes in (0.05, 0.15):
        train(data, tmp_path / "run", minutes=minutes)
        said = capsys.readouterr().out
        assert "nothing to do" in said and "more --minutes go on" in said
        assert run.log.read_text().splitlines() == rows
    train(data, tmp_path / "run", minutes=0.5)
    assert re.search(r"going on until \d\d:\d\d", capsys.readouterr().out)
    more = run.log.read_text().splitlines()
    assert more[: len(rows)] == rows and len(more) > len(rows)
    assert json.loads((run.folder / "config.json").read_text()) == config


@pytest.mark.slow
def test_few_pairs_end_it_before_the_clock(data, tmp_path, capsys):
    whole = train(data, tmp_path / "whole", minutes=0.02)
    begun = train(data, tmp_path / "run", minutes=60, start=whole.folder)
    said = capsys.readouterr().out
    seen = begun.card["training"]["images_seen"]
    assert f"each of 8 pairs was seen {PASSES} times" in said
    assert 0 <= seen - 8 * PASSES < begun.config["epoch_images"]
    train(data, tmp_path / "run", minutes=60, start=whole.folder)
    said = capsys.readouterr().out
    assert "nothing to do" in said and "they give no more" in said
    longer = train(data, tmp_path / "run", minutes=0, images=seen + 1, start=whole.folder)
    assert longer.card["training"]["images_seen"] > seen, "as it was told"


@pytest.mark.slow
def test_few_pairs_end_it_without_a_time_too(data, tmp_path, capsys):
    whole = train(data, tmp_path / "whole", minutes=0, images=8)
    assert "pairs was seen" not in capsys.readouterr().out
    for again in (False, True):
        begun = train(data, tmp_path / "run", minutes=0, start=whole.folder)
        said = capsys.readouterr().out
        assert begun.card["training"]["images_seen"] == 8 * PASSES
        assert f"each of 8 pairs was seen {PASSES} times" in said
        assert ("nothing to do" in said) == again


def test_a_time_and_a_schedule_of_ones_own_do_not_go_together(data, tmp_path):
    with pytest.raises(UserError, match="--minutes plans the learning rate by itself"):
        train(data, tmp_path / "run", 1, dataclasses.replace(TINY, halving=100))
    with pytest.raises(UserError, match="--minutes -1: expected 0, or the minutes"):
        train(data, tmp_path / "run", -1)
    for option in ("images", "epoch_images"):
        told = f"--minutes and --{option.replace('_', '-')} do not go together"
        with pytest.raises(UserError, match=told):
            train(data, tmp_path / "run", 1, **{option: 100})
    assert not (tmp_path / "run").exists()
