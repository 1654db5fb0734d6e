"""The benchmark of training: what it measures, what it lays out, and what it does without."""

import importlib.util

import keras
import pytest

from tests.benchmarks import training_speed
from tests.tiny_recipe import TINY


def test_rows_are_laid_out_with_both_precisions_and_their_memory():
    rows: dict[str, list[training_speed.Measured | None]] = {
        "tutorial, batch 1": [(2.0, 1_500_000_000), None],
        "paper, batch 1": [(3.0, 10_000_000), (8.0, 5_000_000)],
        "too large": [None, None],
    }
    *_, first, second, last = training_speed.table(rows).splitlines()
    assert first == "| tutorial, batch 1 | 2.00 | 1,500 | - | - | 1.00x |"
    assert second == "| paper, batch 1 | 3.00 | 10 | 8.00 | 5 | 4.00x |"
    assert last == "| too large | - | - | - | - | - |"


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_it_says_that_torch_is_missing(capsys):
    assert training_speed.rows_of_torch([8], 1.0) == {}
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("torch is not installed, so PyTorch's pix2pix is left out")


@pytest.mark.slow
def test_a_step_is_measured_as_fit_takes_it():
    speed, memory = training_speed.ours(TINY, "mixed_bfloat16", 0.1, size=32)
    assert 1 < speed < 1e6 and memory > 1e7
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
