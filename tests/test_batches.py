"""Batches of data that no memory holds: what is read, and what stays."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training.data.batches import AHEAD, Batches

RESIDENT = """
import sys
import numpy as np
from training.data.batches import Batches

def resident(kind):
    return sum(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(kind))

columns = tuple(np.load(path, mmap_mode="r") for path in sys.argv[1:])
batches = Batches(columns, 8)
before = resident("VmRSS")
most = 0
for index in range(40):
    assert batches[index][0].shape == (8, 256, 256, 3)
    most = max(most, resident("VmRSS"))
print((most - before) // 1024)
"""


def sparse(path: Path, rows: int, size: int = 256) -> Path:
    """An .npy file of black pictures that takes no room on the disk."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (rows, size, size, 3)}
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + rows * size * size * 3)
    return path


@pytest.mark.slow
def test_of_a_million_pairs_little_more_is_resident_than_a_few_batches(tmp_path):
    """393 GB of them. What is read here would be 126 MB more, without letting go."""
    paths = [sparse(tmp_path / f"{side}.npy", 1_000_000) for side in ("input", "target")]
    told = subprocess.run(
        [sys.executable, "-c", RESIDENT, *paths],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert int(told.stdout.split()[-1]) < 110


def test_the_next_batches_are_read_before_they_are_asked_for():
    """Rows that change after the first batch was asked for are in those read ahead as they were."""
    rows = np.zeros((100, 1), np.uint8)
    batches = Batches((rows,), 2)
    assert not batches[0][0].any()
    for coming in list(batches._coming.values()):
        coming.result()
    rows[:] = 1
    values = [int(batches[index][0].max()) for index in range(1, 10)]
    assert values == [0] * AHEAD + [1] * (9 - AHEAD)


def test_a_batch_lies_where_a_backend_takes_it_without_a_copy():
    for dtype in (np.uint8, np.int32, np.float32):
        column = np.arange(700).reshape(100, 7).astype(dtype)
        (batch,) = Batches((column,), 3, seed=1)[0]
        assert batch.ctypes.data % 64 == 0 and batch.dtype == dtype
        assert all(row.tolist() in column.tolist() for row in batch)
