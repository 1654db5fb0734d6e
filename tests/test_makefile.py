import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@pytest.fixture
def checkout(tmp_path):
    """The Makefile in a folder of its own, with requirements that need no network: none."""
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    for folder in ("demo", "tests"):
        (tmp_path / folder).mkdir()
    for file in ("requirements.txt", "demo/requirements.txt", "tests/requirements.txt"):
        (tmp_path / file).touch()
    return tmp_path


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # A make that runs these tests leaves its flags, ARGS among them, in the environment.
    environment = {
        k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS")
    }
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.mark.release
@pytest.mark.parametrize("environment", [".venv", ".venv-demo"])
def test_an_environment_is_made_once_and_kept_up_with_its_requirements(checkout, environment):
    stamp = f"{environment}/installed"
    first = make(checkout, stamp, f"PYTHON={sys.executable}")
    assert first.returncode == 0, first.stderr
    assert f"Installing into {environment} with Python 3.1" in first.stdout
    assert (checkout / environment / "bin/python").exists()

    second = make(checkout, stamp)
    assert second.returncode == 0
    assert "up to date" in second.stdout and "Installing" not in second.stdout

    newer = (checkout / stamp).stat().st_mtime + 1
    for file in ("demo/requirements.txt", "tests/requirements.txt"):
        os.utime(checkout / file, (newer, newer))
    (checkout / environment / "kept").touch()
    third = make(checkout, stamp, "PYTHON=nothing-else")
    assert third.returncode == 0, third.stderr
    assert "Installing" in third.stdout
    assert (checkout / environment / "kept").exists()


def test_another_python_is_refused_in_one_line(checkout):
    other = checkout / "python3.13"
    other.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.13.0\nexit 1\n')
    other.chmod(0o755)
    refused = make(checkout, "demo", f"PYTHON={other}")
    assert refused.returncode == 2
    error, *rest = refused.stderr.strip().splitlines()
    assert error.startswith("error: expected Python 3.11 or 3.12 with venv")
    assert len(rest) == 1 and rest[0].startswith("make: ***")
    assert not (checkout / ".venv-demo").exists()


def test_help_tells_every_command(checkout):
    told = [line.split()[1] for line in make(checkout).stdout.splitlines()]
    assert {"demo", "test", "lint", "lock", "clean"} <= set(told)


def test_continuous_integration_runs_what_everybody_runs():
    script = REPOSITORY / ".ci/run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()
