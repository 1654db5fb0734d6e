"""python -m training, as a user types it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.pictures import write_dataset
from tests.prepared import discs
from training.__main__ import main

REPOSITORY = Path(__file__).resolve().parent.parent
TINY = ["--width", "8", "--discriminator-width", "4", "--batch", "2", "--precision", "float32"]
TINY += ["--squeezenet", "none"]


def training(*arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "training", *map(str, arguments)],
        cwd=REPOSITORY,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def assert_one_line(done, *words):
    """One line of an error, after nothing but bars of what was done before it."""
    assert done.returncode == 2, done.stderr
    [line] = [line for line in done.stderr.splitlines() if line and "cache: " not in line]
    assert line.startswith("error: ")
    for word in words:
        assert word in line


def test_without_a_command_it_tells_which_there_are():
    done = training()
    assert done.returncode == 0
    assert all(f"  {name}" in done.stdout for name in ("prepare", "fit", "preview", "evaluate"))


def test_an_unknown_command_is_one_line():
    assert_one_line(training("train"), "'train'", "prepare, fit, preview, evaluate")


class Done(NamedTuple):
    """What a command left: as `CompletedProcess` has it."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def command(monkeypatch, capfd) -> Callable[..., Done]:
    """Run a command in this process, where starting one is not the point."""

    def run(*arguments: object) -> Done:
        monkeypatch.setattr("sys.argv", ["training", *map(str, arguments)])
        capfd.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        return Done(int(str(code)), *capfd.readouterr())

    return run


def test_unknown_names_are_one_line(command, tmp_path):
    assert_one_line(command("fit", "pix3pix"), "'pix3pix'", "pix2pix")
    done = command("fit", "pix2pix", "--data", "x", "--run", "y", "--preset", "best")
    assert_one_line(done, "'best'", "fast, paper")
    assert_one_line(command("preview", tmp_path), "config.json", str(tmp_path))
    done = command("fit", "pix2pix", "--data", tmp_path, "--run", tmp_path / "run")
    assert_one_line(done, "dataset.json")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_names_that_are_no_text_are_printed(tmp_path):
    """One process, as a test's own stdout takes what a terminal does not."""
    photos = os.fsencode(tmp_path / "photos")
    discs(tmp_path / "photos")
    for name in (b"/notes.t\xe9xt", b"/br\xe9.jpg"):
        Path(os.fsdecode(photos + name)).write_bytes(b"no picture")
    done = training("prepare", tmp_path / "photos", tmp_path / "data", "--size", 32, COLUMNS="5")
    assert done.returncode == 0, done.stderr
    assert "left out: 1 .t\\udce9xt" in done.stdout and "skipped br\\udce9.jpg" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["0", "1", "5", "-3", "wide", str(10**9)])
def test_a_window_of_any_width_keeps_nobody_waiting(columns, tmp_path):
    assert_one_line(training("prepare", tmp_path, tmp_path / "d", COLUMNS=columns), "no pictures")
    assert "--layout" in training("prepare", "--help", COLUMNS=columns).stdout


def test_names_that_the_system_refuses_are_one_line(command, tmp_path):
    long = tmp_path / ("x" * 300)
    discs(tmp_path / "photos")
    for told in (
        ("prepare", long, tmp_path / "d"),
        ("prepare", tmp_path / "photos", long),
        ("fit", "pix2pix", "--data", long, "--run", tmp_path / "run"),
        ("preview", long),
        ("evaluate", long),
    ):
        assert_one_line(command(*told), "File name too long")


@pytest.mark.parametrize("told", [("--plants", "yes"), ("--plants=yes",)])
def test_whoever_asked_for_plants_is_not_told_how(command, tmp_path, told):
    photos = discs(tmp_path / "photos")
    done = command("prepare", photos, tmp_path / "d", "--size", 32, "--processes", 1, *told)
    assert done.returncode == 0 and "--plants no" not in done.stdout


def test_the_preset_shows_in_the_help(command):
    done = command("fit", "pix2pix", "--preset", "paper", "--help")
    assert done.returncode == 0
    assert "default: bce" in done.stdout


def test_a_size_that_the_network_cannot_take_is_one_line(command, tmp_path):
    data = write_dataset(tmp_path / "data", train=2, test=1, size=96)
    run = tmp_path / "run"
    told = ("fit", "pix2pix", "--data", data, "--run", run, *TINY, "--projected", 0)
    assert_one_line(command(*told, "--perceptual", 0), "multiples of 64", "got 96", "--layout ab")
    assert not run.exists()


@pytest.mark.slow
def test_users_are_not_told_what_a_gpu_library_thinks_of_their_machine(tmp_path):
    done = training("fit", "pix2pix", "--data", tmp_path, "--run", tmp_path / "run")
    assert_one_line(done, "dataset.json")
