"""--batch auto: doubled while that is faster and fits, learning rate with it, once a run."""

import dataclasses
import json
import sys

import numpy as np
import pytest

from tests.pictures import write_dataset
from tests.tiny_recipe import TINY
from training import device
from training.__main__ import main
from training.errors import UserError
from training.fit import FitOptions, fit
from training.options import Auto
from training.recipes import RECIPES
from training.recipes.cyclegan import PRESETS as CYCLEGAN
from training.runs.batch import choose, for_batch

AUTO = dataclasses.replace(TINY, batch=Auto(1), ema=0.5)


AFTER_IT = RuntimeError("Array has been deleted")
AFTER_IT.__context__ = RuntimeError("RESOURCE_EXHAUSTED: Out of memory")


def chosen(speeds, recipe=AUTO, most=1_000):
    """What comes of images/s by batch, or of errors; and which were asked for."""
    asked = []

    def measure(recipe):
        asked.append(recipe.batch)
        speed = speeds[recipe.batch]
        if isinstance(speed, Exception):
            raise speed
        return speed

    recipe, told = choose(recipe, most, measure)
    return recipe.batch, told, asked


def test_the_learning_rate_rises_with_the_square_root_and_the_average_keeps_its_images():
    four = for_batch(dataclasses.replace(TINY, batch=2, learning_rate=1e-3, ema=0.9), 8)
    assert (four.batch, four.learning_rate, four.ema) == (8, 2e-3, pytest.approx(0.9**4))
    assert for_batch(TINY, TINY.batch) == TINY


def test_it_doubles_while_that_is_faster():
    batch, told, asked = chosen({1: 10, 2: 19, 4: 30, 8: 31})
    assert (batch, asked) == (4, [1, 2, 4, 8])
    assert told.startswith("batch 4: 30.0 images/s (1: 10.0), as 8 is not faster (31.0); learning")
    assert told.endswith(f"rate {2 * TINY.learning_rate:.3g}")


@pytest.mark.parametrize(
    "short",
    [
        MemoryError(),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1 byte"),
        RuntimeError("OOM when allocating tensor with shape[8,64,128,128]"),
        AFTER_IT,
    ],
)
def test_it_stops_where_memory_is_short(short):
    batch, told, _ = chosen({1: 10, 2: 20, 4: short})
    assert batch == 2 and "as 4 does not fit into memory" in told
    with pytest.raises(UserError, match="not even 1 fits into memory; name a smaller --batch"):
        chosen({1: short})


def test_another_error_is_not_taken_for_want_of_memory():
    with pytest.raises(RuntimeError, match="a bug"):
        chosen({1: 10, 2: RuntimeError("a bug")})


def test_it_stops_where_the_data_and_the_recipe_do():
    batch, told, asked = chosen({1: 1, 2: 2, 4: 4}, most=6)
    assert (batch, asked) == (4, [1, 2, 4]) and "as 8 is too much of an epoch" in told
    recipe = dataclasses.replace(CYCLEGAN["fast"], batch=Auto(40))
    batch, told, _ = chosen({40: 1}, recipe)
    assert batch == 40 and "80 is more than the recipe takes" in told


@pytest.mark.skipif(device.accelerator() is not None, reason="a GPU is here, and in use")
def test_a_processor_is_not_asked_for_more_than_it_has(tmp_path, monkeypatch):
    memory = tmp_path / "meminfo"
    monkeypatch.setattr(device, "MEMORY", memory)
    for free, told in (("9", "as 2 may not fit into memory"), ("9" * 12, "as 2 is not faster")):
        memory.write_text(f"MemTotal: 1 kB\nMemAvailable:   {free} kB\n")
        assert told in chosen({1: 10, 2: 10})[1]
    assert device.peak_memory() > 1e7


@pytest.mark.slow
def test_a_run_is_trained_with_what_was_chosen_and_goes_on_with_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": TINY})
    data = write_dataset(tmp_path / "data", size=32, train=4, test=2)

    def train(run, recipe):
        options = FitOptions(data, tmp_path / run, 16, epoch_images=16, precision="float32")
        return fit(recipe, options, name="tiny", verbose=0)

    run = train("auto", AUTO)
    [line] = [line for line in capsys.readouterr().out.splitlines() if "as " in line]
    batch = run.config["options"]["batch"]
    assert line.startswith(f"batch {batch}: ") and batch in (1, 2)
    assert run.config["options"]["learning_rate"] == TINY.learning_rate * batch**0.5
    assert run.card["training"]["images_seen"] == 16
    # To the same weights as where it is typed, so what was tried left nothing.
    typed = train("typed", for_batch(dataclasses.replace(AUTO, batch=1), batch))
    for path in ("00001.npz", "../generator.weights.h5"):
        one, other = (each.checkpoints / path for each in (run, typed))
        if path.endswith("npz"):
            with np.load(one) as first, np.load(other) as second:
                for name in set(first.files) - {"position"}:
                    np.testing.assert_array_equal(first[name], second[name], err_msg=name)
    capsys.readouterr()
    config = json.loads((run.folder / "config.json").read_text())
    again = train("auto", AUTO)
    assert "images/s" not in capsys.readouterr().out and again.config == config


def test_the_command_line_takes_a_number_or_auto(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": TINY})
    data = write_dataset(tmp_path / "data", size=32, train=4, test=2)
    for given, shown in (("2", "2"), ("auto", f"auto, from {TINY.batch} on")):
        told = ["--data", data, "--run", tmp_path / "run", "--batch", given, "--dry-run"]
        monkeypatch.setattr(sys, "argv", ["training", "fit", "tiny", *map(str, told)])
        main()
        lines = dict(x.split(maxsplit=1) for x in capsys.readouterr().out.splitlines() if x)
        assert lines["batch"] == shown
