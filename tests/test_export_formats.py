"""The list of formats: what the command line offers, and that listing them loads no numpy."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from export.__main__ import Choice
from export.formats import FORMATS, GROUPS, chosen
from training.transfer.tflite_weights import FLOAT

REPOSITORY = Path(__file__).parent.parent


def test_the_command_line_offers_the_formats_there_are():
    assert get_args(Choice) == ("all", *FORMATS, *GROUPS)
    assert all(set(chosen([group], "image-to-image")) < set(FORMATS) for group in GROUPS)


def test_every_format_can_be_written_and_run():
    for kind in FORMATS.values():
        module = import_module(f"export.{kind.module}")
        assert callable(module.write) and callable(module.run)
    assert len({kind.path for kind in FORMATS.values()}) == len(FORMATS)


def test_weights_are_read_from_formats_that_there_are():
    assert set(FLOAT) <= set(FORMATS)


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("export.__main__", {"numpy", "keras", "tensorflow"}),  # Or --help would take seconds.
        ("export.benchmark", {"keras", "tensorflow"}),  # Or their memory would be measured.
    ],
)
def test_what_is_slow_is_not_loaded_with(module, absent):
    code = f"import sys, {module}; print(*sorted({absent} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
