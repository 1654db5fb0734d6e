import csv
import dataclasses
import json
import resource
import shutil
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image

from tests.pictures import write_dataset
from tests.tiny_recipe import TINY as TINY_OF_FOUR
from training.errors import UserError
from training.fit import FitOptions, describe, fit
from training.options import NONE
from training.recipes import RECIPES
from training.recipes.pix2pix import PRESETS
from training.runs import checkpoints
from training.runs.folder import Run, load_generator

pytestmark = pytest.mark.slow

FAST = dataclasses.replace(
    PRESETS["fast"], width=8, discriminator_width=4, batch=2, squeezenet=NONE
)
PAPER = dataclasses.replace(PRESETS["paper"], width=4, discriminator_width=4)
TINY = dataclasses.replace(TINY_OF_FOUR, batch=2)  # Where the network is not the point.
RANDOM = dataclasses.replace(TINY, zoom_max=0.2, shift=0.1, flip=True)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "flowers")


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": TINY})


def train(data, run, *, recipe=TINY, images=8, **options):
    chosen = FitOptions(data, run, images, epoch_images=4, precision="float32")
    chosen = dataclasses.replace(chosen, **options)
    return fit(recipe, chosen, name="tiny", verbose=0)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """A run of two epochs that tests look at; who changes it takes a copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, "tiny", {"tiny": TINY})
        return train(data, tmp_path_factory.mktemp("trained") / "run")


@pytest.fixture
def run(trained, tmp_path):
    """A copy of it, at `tmp_path / "run"`."""
    return Run.open(shutil.copytree(trained.folder, tmp_path / "run"))


def arrays(run):
    path = max(run.checkpoints.glob("*.npz"))
    with np.load(path) as file:
        return {name: file[name] for name in file.files if name != "position"}


def assert_same_state(one, other):
    first, second = arrays(one), arrays(other)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_a_run_folder_holds_what_the_design_promises(data, tmp_path):
    run = train(data, tmp_path / "run")
    assert {path.name for path in run.folder.iterdir()} - {"tensorboard"} == {
        "config.json",
        "log.csv",
        "samples",
        "progress.gif",
        "checkpoints",
        "generator.weights.h5",
        "card.json",
    }
    assert [path.name for path in sorted(run.samples.iterdir())] == ["00001.png", "00002.png"]
    with Image.open(run.progress) as animation:
        assert getattr(animation, "n_frames", 1) == 2
    rows = list(csv.DictReader(run.log.read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert all(float(row["l1"]) > 0 and float(row["images/s"]) > 0 for row in rows)
    assert run.card["training"]["images_seen"] == 8
    assert run.card["data"]["photos"] == 16
    if keras.backend.backend() == "tensorflow":
        assert list(run.tensorboard.rglob("*tfevents*"))


def test_the_card_tells_the_licence_that_the_data_does_not(data, run):
    assert run.card["data"]["licence"] == "unknown"
    longer = train(data, run.folder, images=12, licence="CC BY 2.0")
    assert longer.card["data"]["licence"] == "CC BY 2.0"


@pytest.mark.parametrize("recipe", [FAST, PAPER, RANDOM], ids=["fast", "paper", "random"])
def test_a_resumed_run_equals_the_uninterrupted_one(data, tmp_path, recipe):
    """Weights, optimizer, averages, BatchNorm statistics and every random state, bit by bit."""
    whole = train(data, tmp_path / "whole", recipe=recipe)
    shutil.copytree(whole.folder, tmp_path / "halves")
    # As if it had been killed in its second epoch.
    max((tmp_path / "halves" / "checkpoints").glob("[0-9]*.npz")).unlink()
    halves = train(data, tmp_path / "halves", recipe=recipe)
    assert_same_state(whole, halves)
    assert len(halves.log.read_text().splitlines()) == 3
    names = " ".join(arrays(whole))
    assert "seed_generator" in names
    assert ("average" in names) == (recipe.ema > 0)


def test_different_seeds_differ(data, trained, tmp_path):
    one, other = arrays(trained), arrays(train(data, tmp_path / "other", seed=1))
    assert any(not np.array_equal(one[name], other[name]) for name in one)


def test_a_finished_run_is_left_alone(data, run, capsys):
    before = run.weights("generator").stat().st_mtime_ns
    run.progress.unlink()  # As if it had been stopped before it came to that.
    train(data, run.folder)
    assert "nothing to do" in capsys.readouterr().out
    assert run.progress.exists()
    assert run.weights("generator").stat().st_mtime_ns == before


def test_another_configuration_is_refused_with_the_difference(data, run):
    with pytest.raises(UserError, match=r"options\.l1: was 50\.0, now 5\.0"):
        train(data, run.folder, recipe=dataclasses.replace(TINY, l1=5.0))
    with pytest.raises(UserError, match="seed: was 0, now 7"):
        train(data, run.folder, seed=7)


def test_a_run_from_before_an_option_goes_on_while_that_is_off(data, run):
    config = json.loads((run.folder / "config.json").read_text())
    del config["options"]["halving"], config["options"]["direction"]
    (run.folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"options\.halving: was None, now 8"):
        train(data, run.folder, recipe=dataclasses.replace(TINY, halving=8))
    with pytest.raises(UserError, match=r"options\.direction: was 'ab', now 'ba'"):
        train(data, run.folder, recipe=dataclasses.replace(TINY, direction="ba"))
    train(data, run.folder)
    assert Run.open(run.folder).config["options"]["halving"] == 0


def test_a_folder_that_is_no_run_is_left_alone(data, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="not a run folder"):
        train(data, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("images", 0, "--images 0: expected 1 or more"),
        ("epoch_images", 1, "--epoch-images 1: expected --batch, 2, or more"),
        ("seed", -1, "--seed -1: expected 0 to 4294967295"),
        ("seed", 2**32, "--seed 4294967296: expected 0 to 4294967295"),
        ("devices", 0, "--devices 0: expected 1 or more"),
        ("precision", "float16", "--precision float16: expected auto or float32 or mixed_bfloat16"),
    ],
)
def test_options_out_of_range_are_refused(data, tmp_path, option, value, message):
    for do in (fit, describe):
        options = FitOptions(data, tmp_path / "run", **{option: value})
        with pytest.raises(UserError, match=message):
            do(TINY, options, name="tiny")
    assert not list(tmp_path.iterdir())


def test_nan_stops_the_run_and_says_where(data, tmp_path):
    wild = dataclasses.replace(TINY, learning_rate=1e30)
    with pytest.raises(UserError, match=r"diverged: \w+ is .* by step \d+ of epoch 1"):
        train(data, tmp_path / "wild", recipe=wild, images=200)
    assert not list((tmp_path / "wild" / "checkpoints").iterdir())


def test_the_generator_holds_averaged_weights_with_statistics_to_match(data, trained):
    generator, state = load_generator(trained), arrays(trained)
    averages = [value for name, value in state.items() if "average" in name]
    for variable in generator.trainable_variables:
        value = keras.ops.convert_to_numpy(variable.value)
        assert any(value.shape == a.shape and np.array_equal(value, a) for a in averages)
    # BatchNorm's statistics are those of the averaged weights over the training sketches, so the
    # first norm's mean is that of the first convolution's output.
    from training.data.datasets import Dataset

    sketches = Dataset.open(data).train.load()[0]
    first = keras.Model(generator.input, generator.layers[1].output)
    outputs = keras.ops.convert_to_numpy(first(sketches.astype("float32") / 127.5 - 1))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(generator.layers[2].moving_mean.value),
        outputs.mean(axis=(0, 1, 2)),
        atol=1e-4,
    )


def test_altered_weights_are_refused(run):
    content = bytearray(run.weights("generator").read_bytes())
    content[len(content) // 2] ^= 1
    run.weights("generator").write_bytes(content)
    with pytest.raises(UserError, match="does not match its card"):
        load_generator(run)
    run.weights("generator").unlink()
    with pytest.raises(UserError, match="is missing"):
        load_generator(run)


def test_weights_of_another_network_are_refused(run):
    config = json.loads((run.folder / "config.json").read_text())
    config["options"]["width"] = 16
    (run.folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="another network"):
        load_generator(Run.open(run.folder))


def test_a_checkpoint_of_another_network_changes_nothing(trained):
    wider = dataclasses.replace(TINY, width=16)
    model = wider.build(64, 0)
    model.compile(optimizer=wider.optimizer())
    model.optimizer.build(model.trainable_variables)
    before = [keras.ops.convert_to_numpy(v.value) for v in model.variables]
    with pytest.raises(UserError, match="of another network"):
        checkpoints.restore(model, trained.checkpoints)
    for value, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(value, keras.ops.convert_to_numpy(variable.value))


def test_a_damaged_checkpoint_costs_one_epoch(data, run, capsys):
    older, newest = sorted(run.checkpoints.iterdir())
    state, content = arrays(run), bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    train(data, run.folder)
    [line] = [line for line in capsys.readouterr().out.splitlines() if "checkpoint" in line]
    assert "00002.npz cannot be read as a checkpoint" in line
    assert line.endswith("going on from 00001.npz")
    for name, value in arrays(run).items():
        np.testing.assert_array_equal(state[name], value, err_msg=name)
    assert [row["epoch"] for row in csv.DictReader(run.log.read_text().splitlines())] == ["0", "1"]


def test_a_disk_that_fills_during_a_checkpoint_loses_nothing(data, run):
    """A file size limit of the process stands for the disk: the write fails half-way, for real."""
    before = {path: path.read_bytes() for path in run.checkpoints.iterdir()}
    model = FAST.build(64, 0)
    model.compile(optimizer=FAST.optimizer())
    model.optimizer.build(model.trainable_variables)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(UserError, match="cannot write .*; what was there is intact"):
            checkpoints.save(
                checkpoints.copied(model), run.checkpoints, checkpoints.Position(3, 12, 1.0)
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path: path.read_bytes() for path in run.checkpoints.iterdir()} == before
    assert train(data, run.folder, images=12).card["training"]["images_seen"] == 12


def test_a_disk_that_fills_before_the_weights_are_written_is_one_line(tmp_path, capfd):
    """HDF5 would tell of it in several, and go on telling when its file is closed."""
    run = Run.start(tmp_path / "run", {})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(UserError, match="cannot write .*; what was there is intact: make room"):
            run.save_generators({"generator": TINY.build_generator(64, 0)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert capfd.readouterr().err == ""
    assert not run.weights("generator").exists()


def test_kill_minus_nine_costs_no_more_than_an_epoch(data, tmp_path):
    """Killed wherever it was, then started again: as if nothing had happened."""
    script = (
        "import sys; from pathlib import Path; from tests.test_fit import train;"
        "train(Path(sys.argv[1]), Path(sys.argv[2]), images=int(sys.argv[3]))"
    )
    command = [sys.executable, "-c", script, data, tmp_path / "killed"]
    with subprocess.Popen([*command, "100000"]) as process:
        deadline = time.monotonic() + 120
        while not list((tmp_path / "killed").glob("checkpoints/0*.npz")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
    checkpoint = max((tmp_path / "killed" / "checkpoints").glob("0*.npz"))
    images = 4 * (int(checkpoint.stem) + 1)
    subprocess.run([*command, str(images)], check=True)
    whole = train(data, tmp_path / "whole", images=images)
    assert_same_state(Run.open(tmp_path / "killed"), whole)
