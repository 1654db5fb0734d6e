"""What trains, how fast it is, and which card is idle."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared_data import REPOSITORY
from training import device
from training.backends import accelerator

pytestmark = pytest.mark.skipif(accelerator() is not None, reason="a GPU is here, and in use")
CARD = """#!/bin/sh
test "$*" = "--query-gpu=name --format=csv,noheader" || exit 2
echo "NVIDIA Imagined 9000"
"""


@pytest.fixture
def no_driver(monkeypatch, tmp_path):
    monkeypatch.setattr(device, "DRIVER", tmp_path / "no driver")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def card(no_driver, monkeypatch, tmp_path):
    """A machine whose driver's own command knows a card."""
    command = tmp_path / "nvidia-smi"
    command.write_text(CARD)
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)


def test_without_a_card_nothing_is_idle(no_driver, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert device.cards() == []
    assert device.idle() is None


def test_a_card_that_nothing_uses_is_idle(card):
    told = device.idle()
    assert told and told.startswith("NVIDIA Imagined 9000 is here")
    assert "type `make gpu`" in told


def test_the_drivers_folder_names_each_card(no_driver, monkeypatch, tmp_path):
    for number in range(2):
        folder = tmp_path / "gpus" / f"0000:0{number}:00.0"
        folder.mkdir(parents=True)
        (folder / "information").write_text("Model: \t\t NVIDIA Imagined 80GB\nIRQ:   \t\t 42\n")
    monkeypatch.setattr(device, "DRIVER", tmp_path / "gpus")
    assert device.cards() == ["NVIDIA Imagined 80GB"] * 2


def test_a_training_says_what_it_runs_on_and_warns_of_an_idle_card(card, capsys):
    device.announce()
    told = capsys.readouterr()
    assert told.out.startswith("training on CPU, ")
    assert told.err.startswith("warning: NVIDIA Imagined 9000 is here")


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_a_hidden_card_is_meant_to_be_idle(card, monkeypatch, hidden):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert device.idle() is None


def test_a_driver_that_does_not_answer_is_no_card(no_driver, monkeypatch, tmp_path):
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho NVIDIA-SMI has failed\nexit 9\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert device.cards() == []


def test_a_product_of_matrices_has_a_speed():
    assert 1e-5 < device.speed("cpu:0", "float32") < 1e3


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_command_says_what_would_train(backend):
    done = subprocess.run(
        [sys.executable, "-m", "training", "devices"],
        cwd=REPOSITORY,
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second, *_ = done.stdout.splitlines()
    assert re.fullmatch(rf"{backend} trains on: CPU, \S+, \d+ cores", first)
    speeds = r"float32 [\d.e-]+, bfloat16 [\d.e-]+ TFLOP/s in a product of matrices"
    assert re.fullmatch(rf"cpu:0: {speeds}", second)


@pytest.mark.slow
def test_libraries_for_a_card_that_is_not_there_are_told_of_in_a_line(tmp_path):
    """As CUDA's are: JAX starts each of its plugins, and one without a card raises."""
    plugin = tmp_path / "jax_plugins" / "imagined"
    plugin.mkdir(parents=True)
    (plugin / "__init__.py").write_text("def initialize():\n    raise RuntimeError('no card')\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "training", "devices"],
        cwd=REPOSITORY,
        env=os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("jax trains on: CPU")
    assert "JAX cannot use jax_plugins.imagined: no card\n" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_versions_for_a_card_are_those_of_everything_else(backend):
    def versions(path: Path) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for line in path.read_text().splitlines():
            if match := re.match(r"([\w.-]+)==(\S+)", line):
                found.setdefault(match[1], set()).add(match[2])
        return found

    every = versions(REPOSITORY / "requirements.txt")
    own = versions(REPOSITORY / "training" / "gpu" / f"{backend}.txt")
    assert own[backend] == every[backend]
    assert any(name.startswith("nvidia-cudnn") for name in own.keys() - every.keys())
    assert {name: every[name] for name in own if name in every} == {
        name: own[name] for name in own if name in every
    }
