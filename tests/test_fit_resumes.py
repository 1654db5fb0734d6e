"""What a run remembers between two starts: weights by content, and where the data lies."""

import dataclasses
import json
import shutil

import pytest

from tests.pictures import write_dataset
from tests.processes import ended_process
from tests.test_squeezenet import write_weights
from tests.tiny_recipe import TINY as TINY_OF_FOUR
from training import files
from training.errors import UserError
from training.evaluation.generators import Generator
from training.fit import FitOptions, describe, fit
from training.recipes import RECIPES
from training.runs.folder import Run

pytestmark = pytest.mark.slow

TINY = dataclasses.replace(TINY_OF_FOUR, batch=2, perceptual=0.0, projected=0.0)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": TINY})


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "flowers", train=4, test=2)


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    """A run that needs no training any more; copy it."""
    return train(data, tmp_path_factory.mktemp("finished") / "run").folder


def options(data, run, **more):
    return FitOptions(data, run, images=4, epoch_images=4, precision="float32", **more)


def train(data, run, recipe=TINY, **more):
    return fit(recipe, options(data, run, **more), name="tiny", verbose=0)


def config(run):
    return json.loads((run / "config.json").read_text())


def change(run, *path, to):
    told = part = config(run)
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = to
    (run / "config.json").write_text(json.dumps(told))


def test_weights_that_a_run_looks_through_are_known_by_their_content(data, tmp_path):
    weights = write_weights(tmp_path / "weights.h5")
    recipe = dataclasses.replace(TINY, squeezenet=weights)
    run = train(data, tmp_path / "run", recipe)
    told = config(run.folder)["options"]["squeezenet"]
    assert told["name"] == "weights.h5" and len(told["sha256"]) == 64
    assert run.card["training"]["options"]["squeezenet"] == told

    moved = weights.rename(tmp_path / "renamed.h5")
    train(data, tmp_path / "run", dataclasses.replace(TINY, squeezenet=moved))
    content = bytearray(moved.read_bytes())
    content[-100] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match=r"options\.squeezenet\.sha256: was '\w{64}', now '\w{64}'"):
        train(data, tmp_path / "run", recipe)


def test_a_teacher_is_known_by_the_weights_that_it_teaches_with(data, finished, tmp_path):
    teacher = shutil.copytree(finished, tmp_path / "teacher")
    recipe = dataclasses.replace(TINY, teacher=teacher)
    run = train(data, tmp_path / "run", recipe)
    told = config(run.folder)["options"]["teacher"]
    assert told == {"name": "teacher", "sha256": run_weights(teacher)}

    fit(TINY, dataclasses.replace(options(data, teacher), images=8), name="tiny", verbose=0)
    with pytest.raises(UserError, match=r"options\.teacher\.sha256: was"):
        train(data, run.folder, recipe)


def run_weights(run):
    return Run.open(run).card["weights"]["generator"]["sha256"]


def test_a_run_of_an_earlier_version_goes_on_and_learns_the_content(data, finished, tmp_path):
    """It knew weights by their names only."""
    run = shutil.copytree(finished, tmp_path / "run")
    change(run, "options", "squeezenet", to="weights.h5")
    weights = write_weights(tmp_path / "weights.h5")
    with pytest.raises(UserError, match=r"options\.squeezenet: was 'weights.h5', now \{"):
        shutil.copy(weights, tmp_path / "other.h5")
        train(data, run, dataclasses.replace(TINY, squeezenet=tmp_path / "other.h5"))
    train(data, run, dataclasses.replace(TINY, squeezenet=weights))
    assert set(config(run)["options"]["squeezenet"]) == {"name", "sha256"}


def test_a_dataset_that_moved_is_found_again(data, finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    moved = shutil.copytree(data, tmp_path / "elsewhere")
    train(moved, run)
    assert config(run)["data"]["folder"] == str(moved)
    generator = Generator.open(run)
    assert generator.dataset(None).folder == moved


def test_photos_that_came_since_name_the_way_on(data, finished, tmp_path):
    more = shutil.copytree(data, tmp_path / "more")
    for side in ("input", "target"):
        shutil.copy(more / "test" / side / "0000.png", more / "train" / side / "new.png")
    with pytest.raises(UserError, match=r"data\.images: was 4, now 5.*--start .*run") as told:
        describe(TINY, options(more, finished), name="tiny")
    assert "options that it was started with" not in str(told.value)


def test_data_that_is_gone_is_asked_for_by_its_option(data, finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    change(run, "data", "folder", to=str(tmp_path / "gone"))
    with pytest.raises(UserError, match="no longer at .*gone: name it.*--data"):
        Generator.open(run).dataset(None)
    assert Generator.open(run).dataset(data).folder == data


def test_data_that_is_half_made_is_told_with_the_way_on(data, tmp_path, capsys):
    half = shutil.copytree(data, tmp_path / "half")
    told = {"name": "flowers", "size": 64, "source": "my photos", "complete": False}
    (half / "dataset.json").write_text(json.dumps(told))
    describe(TINY, options(half, tmp_path / "run"), name="tiny")
    [line] = [line for line in capsys.readouterr().err.splitlines() if "half made" in line]
    assert "is half made" in line and line.endswith(f"training prepare 'my photos' {half}")


def test_a_dataset_is_found_from_any_working_directory(data, tmp_path, monkeypatch):
    monkeypatch.chdir(data.parent)
    run = train(data.relative_to(data.parent), tmp_path / "run").folder
    assert config(run)["data"]["folder"] == str(data)
    assert str(data.parent) not in (run / "card.json").read_text()


def test_a_second_fit_on_a_run_is_refused(data, finished):
    before = (finished / "config.json").stat().st_mtime_ns
    with files.alone(finished, "occupied"):
        with pytest.raises(UserError, match="another fit is at work on .*run; choose another"):
            train(data, finished)
        assert Generator.open(finished).size == 64, "who only reads is let in"
    train(data, finished)
    assert (finished / "config.json").stat().st_mtime_ns == before


def test_what_a_killed_fit_left_half_written_is_removed(data, finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    for name in (".config.json.%d.tmp", "checkpoints/.00002.npz.%d.tmp", "samples/.2.png.%d.tmp"):
        (run / (name % ended_process())).write_bytes(b"half")
    train(data, run)
    assert not list(run.rglob(".*"))


def test_a_start_that_was_cut_short_is_still_a_run(data, finished, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(finished / "config.json", run)
    assert train(data, run).card["training"]["images_seen"] == 4

    other = tmp_path / "other"
    other.mkdir()
    (other / f".config.json.{ended_process()}.tmp").write_text("{")
    assert train(data, other).card["training"]["images_seen"] == 4


def test_a_description_tells_what_would_be_trained_and_leaves_nothing(data, tmp_path):
    before = sorted(data.rglob("*"))
    told = describe(TINY, options(data, tmp_path / "run", seed=2**32 - 1), name="tiny")
    lines = dict(line.split(maxsplit=1) for line in told.splitlines() if line)
    assert lines["recipe"] == "tiny (image-to-image)"
    assert lines["data"].endswith("flowers: 4 to train on, 2 held out, 64 px, licence unknown")
    assert lines["images"] == lines["epoch-images"] == "4" and lines["epochs"] == "1"
    assert lines["precision"] == "float32" and lines["seed"] == "4294967295"
    assert lines["devices"].startswith("1 x ")
    assert lines["l1"] == "50.0" and lines["width"] == "8"
    assert lines["generator"] == "803 parameters, 0.00 MB"
    assert "discriminator" in lines
    assert not list(tmp_path.iterdir()) and sorted(data.rglob("*")) == before


def test_a_description_refuses_what_fit_would(data, finished, tmp_path):
    for run, more, message in (
        (finished, {"seed": 7}, "seed: was 0, now 7"),
        (data, {}, "is not a run folder"),
        (tmp_path, {"start": tmp_path / "none.tflite"}, "no file at .*none.tflite"),
    ):
        with pytest.raises(UserError, match=message):
            describe(TINY, options(data, run, **more), name="tiny")
