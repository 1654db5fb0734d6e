"""Commands in messages: typed as they are, they run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import demo.typed
import training.typed

BOTH = pytest.mark.parametrize("typed", [training.typed.typed, demo.typed.typed])


@pytest.fixture
def environment(tmp_path, monkeypatch) -> Path:
    """A virtual environment whose Python runs now, as far as it can be seen; not on PATH."""
    programs = tmp_path / "my project" / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "python3"):
        (programs / name).symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(programs / "python3"))
    monkeypatch.setenv("PATH", os.defpath)
    return programs


@BOTH
def test_below_the_working_directory_it_is_typed_from_there(environment, monkeypatch, typed):
    monkeypatch.chdir(environment.parents[1])
    assert (
        typed("export", "runs/my run", Path("b")) == ".venv/bin/python3 -m export 'runs/my run' b"
    )


@BOTH
def test_elsewhere_it_is_python_where_that_is_the_same(environment, tmp_path, monkeypatch, typed):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert typed("export") == f"'{environment / 'python3'}' -m export"
    monkeypatch.setenv("PATH", str(environment))
    assert typed("export") == "python -m export"


@BOTH
def test_it_runs(tmp_path, monkeypatch, typed):
    monkeypatch.chdir(tmp_path)
    done = subprocess.run(typed("this"), shell=True, capture_output=True, text=True, check=True)
    assert "Zen of Python" in done.stdout
