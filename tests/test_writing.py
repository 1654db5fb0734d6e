"""What is written beside a training: in order, whole, and told where it fails."""

import functools
import json
import resource
import threading
import time

import pytest

from tests.pictures import write_dataset
from tests.tiny_recipe import TINY
from training import files, progress
from training.errors import UserError
from training.fit import FitOptions, fit
from training.recipes import RECIPES
from training.runs.writing import Writer


def test_jobs_are_done_in_their_order_beside_who_asks():
    done: list[int] = []
    go_on = threading.Event()

    def wait() -> None:
        go_on.wait(20)
        done.append(1)

    with Writer() as writer:
        writer.submit(wait)
        for number in (2, 3):
            writer.submit(functools.partial(done.append, number))
        assert not done
        go_on.set()
        writer.finish()
        assert done == [1, 2, 3]
        writer.submit(lambda: done.append(4))
    assert done == [1, 2, 3, 4]


def test_what_goes_wrong_is_told_once_and_nothing_follows_it():
    def fail():
        raise UserError("the disk is full")

    done = []
    with Writer() as writer:
        writer.submit(fail)
        writer.submit(lambda: done.append("the checkpoint is written"))
        with pytest.raises(UserError, match="the disk is full"):
            while True:  # As a training asks after each call.
                writer.check()
    assert not done
    with pytest.raises(UserError, match="the disk is full"), Writer() as writer:
        writer.submit(fail)


def test_ctrl_c_waits_for_what_is_being_written(tmp_path):
    def write():
        with files.replacing(tmp_path / "checkpoint") as beside:
            beside.write_text("half ")
            time.sleep(0.2)
            beside.write_text("half and half")

    with pytest.raises(KeyboardInterrupt), Writer() as writer:
        writer.submit(write)
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]
    assert (tmp_path / "checkpoint").read_text() == "half and half"


@pytest.mark.slow
def test_a_disk_that_fills_beside_a_training_ends_it_with_a_sentence(tmp_path, monkeypatch):
    """A file size limit of the process stands for the disk, and only a checkpoint is that long."""
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": TINY})
    data = write_dataset(tmp_path / "data", size=32, train=4, test=2)

    def train(images):
        options = FitOptions(data, tmp_path / "run", images, epoch_images=4, precision="float32")
        with progress.told_to(tmp_path / "progress.jsonl", "fit"):
            return fit(TINY, options, name="tiny", verbose=0)

    run = train(4)
    [checkpoint] = run.checkpoints.iterdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (checkpoint.stat().st_size - 1000, limits[1]))
    try:
        with pytest.raises(UserError, match="cannot write .*00002.npz.*; what was there is intact"):
            train(4_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in run.checkpoints.iterdir()] == [checkpoint.name]
    lines = map(json.loads, (tmp_path / "progress.jsonl").read_text().splitlines())
    assert [line["epoch"] for line in lines if line["event"] == "epoch"] == [1]
