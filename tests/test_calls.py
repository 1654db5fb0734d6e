"""Several steps a call: a training leaves what it leaves with one, at another pace."""

import csv
import dataclasses
import json

import numpy as np
import pytest

from tests.pictures import write_dataset
from tests.tiny_recipe import TINY as TINY_OF_FOUR
from training import progress
from training.backends import Devices
from training.errors import UserError
from training.fit import FitOptions, fit
from training.recipes import RECIPES
from training.recipes.progressive import Progressive
from training.runs import calls

pytestmark = pytest.mark.slow

# Everything in it that counts steps: a random state, an average, a learning rate that falls.
TINY = dataclasses.replace(TINY_OF_FOUR, batch=2, shift=0.1, flip=True, ema=0.9, halving=20)
STEPS = 26  # An epoch: eight calls of three, and a last one of two.


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "flowers", size=32)


@pytest.fixture
def three(monkeypatch):
    """A processor that is called as a GPU is."""
    monkeypatch.setitem(calls.MOST_STEPS, "cpu", 3)
    monkeypatch.setitem(calls.MOST_STEPS, "accelerator", 3)


def train(data, run, *, epochs=2, recipe=TINY, **more):
    if "minutes" not in more:
        more |= {"images": 2 * STEPS * epochs, "epoch_images": 2 * STEPS}
    options = FitOptions(data, run, precision="float32", **more)
    with pytest.MonkeyPatch.context() as patch, progress.told_to(run.with_suffix(".jsonl"), "fit"):
        patch.setitem(RECIPES, "tiny", {"tiny": TINY})
        return fit(recipe, options, name="tiny", verbose=0)


@pytest.fixture(scope="module")
def one(data, tmp_path_factory):
    return train(data, tmp_path_factory.mktemp("one") / "run")


def saved(run):
    arrays: dict[str, np.ndarray] = {}
    for path in sorted(run.checkpoints.glob("*.npz")):
        with np.load(path) as file:
            arrays |= {f"{path.name} {name}": file[name] for name in file.files}
    positions = {n: json.loads(arrays.pop(n).tobytes()) for n in [*arrays] if "position" in n}
    return arrays, {n: (each["epoch"], each["images"]) for n, each in positions.items()}


def rows(run):
    return list(csv.DictReader(run.log.read_text().splitlines()))


def told(run, event):
    lines = map(json.loads, run.folder.with_suffix(".jsonl").read_text().splitlines())
    return [line for line in lines if line["event"] == event]


def assert_same(one, other):
    """Weights, moments, averages, random states, counts, log rows and what programs are told."""
    (first, positions), (second, others) = saved(one), saved(other)
    assert positions == others and first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4, atol=1e-5, err_msg=name)
    for before, after in zip(rows(one), rows(other), strict=True):
        assert before.keys() == after.keys() and float(after["images/s"]) > 0
        for name in before.keys() - {"images/s"}:
            assert float(before[name]) == pytest.approx(float(after[name]), rel=1e-4), name
    images = [[line["images"] for line in told(run, "epoch")] for run in (one, other)]
    assert images[0] == images[1] == [2 * STEPS, 4 * STEPS]
    for name in ("generator.weights.h5", "progress.gif", "samples/00002.png"):
        assert (other.folder / name).exists()


def test_a_training_of_two_starts_ends_the_same(data, one, three, tmp_path):
    train(data, tmp_path / "run", epochs=1)
    several = train(data, tmp_path / "run")
    assert_same(one, several)
    last = [line for line in told(several, "step") if line["step"] == "train"][-1]
    assert (last["done"], last["total"]) == (4 * STEPS, 4 * STEPS)


def test_nan_is_told_with_the_step_by_which_it_came(data, three, tmp_path):
    wild = dataclasses.replace(TINY, learning_rate=1e30)
    with pytest.raises(UserError, match=r"diverged: \w+ is .* by step 3 of epoch 1"):
        train(data, tmp_path / "wild", recipe=wild)


def test_a_time_is_planned_from_whole_calls(data, three, tmp_path, capsys):
    timed = dataclasses.replace(TINY, halving=0)
    run = train(data, tmp_path / "run", recipe=timed, minutes=0.05)
    assert "images until " in capsys.readouterr().out
    images = run.config["epoch_images"]
    assert images % 2 == 0
    assert [line["images"] for line in told(run, "epoch")] == [
        images * (epoch + 1) for epoch in range(len(rows(run)))
    ]


def test_a_model_that_grows_is_called_step_by_step(three):
    growing = Progressive(size=8, latent=4, width=4, phase_images=8, batch=2).build(8, 0)
    assert calls.steps_a_call(growing, Devices(1), 1000) == 1
    tiny = TINY.build(32, 0)
    assert [calls.steps_a_call(tiny, Devices(1), steps) for steps in (1, 15, 16, 1000)] == [
        1,
        1,
        2,
        3,
    ]
