"""python -m training, as a user types it: real processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pictures import write_dataset

REPOSITORY = Path(__file__).resolve().parent.parent
TINY = ["--width", "8", "--discriminator-width", "4", "--batch", "2", "--precision", "float32"]


def training(*arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "training", *map(str, arguments)],
        cwd=REPOSITORY,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def assert_one_line(done, *words):
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    for word in words:
        assert word in line


def test_without_a_command_it_tells_which_there_are():
    done = training()
    assert done.returncode == 0
    assert all(f"  {name}" in done.stdout for name in ("prepare", "fit", "preview", "evaluate"))


def test_an_unknown_command_is_one_line():
    assert_one_line(training("train"), "'train'", "prepare, fit, preview, evaluate")


@pytest.mark.slow
def test_unknown_names_are_one_line(tmp_path):
    assert_one_line(training("fit", "pix3pix"), "'pix3pix'", "pix2pix")
    done = training("fit", "pix2pix", "--data", "x", "--run", "y", "--preset", "best")
    assert_one_line(done, "'best'", "fast, paper")
    assert_one_line(training("preview", tmp_path), "config.json", str(tmp_path))
    done = training("fit", "pix2pix", "--data", tmp_path, "--run", tmp_path / "run")
    assert_one_line(done, "dataset.json")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_the_preset_shows_in_the_help():
    done = training("fit", "pix2pix", "--preset", "paper", "--help")
    assert done.returncode == 0
    assert "default: bce" in done.stdout
    assert "E0000" not in done.stderr


@pytest.mark.slow
def test_a_size_that_the_network_cannot_take_is_one_line(tmp_path):
    data = write_dataset(tmp_path / "data", train=2, test=1, size=96)
    run = tmp_path / "run"
    assert_one_line(
        training("fit", "pix2pix", "--data", data, "--run", run, *TINY), "multiple of 64", "got 96"
    )
    assert not run.exists()
