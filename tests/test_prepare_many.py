"""What a photo costs does not grow with how many there are."""

import shutil
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from tests.benchmarks.preparing_many import measure
from training.data.datasets import Dataset
from training.data.pairs import SIDES, SPLITS
from training.prepare.alike import near_duplicates
from training.prepare.ledger import Entry, Ledger
from training.prepare.update import _fill_empty_split, _sweep
from training.prepare.workers import Job, Plan

MANY = 20_000


def test_a_split_that_is_full_is_seen_in_no_time(tmp_path):
    """Each job compared with all pairs would be four hundred million comparisons."""
    plan = Plan(tmp_path, tmp_path, 32, "mixed", 0, "pairs", "all")
    ledger, nowhere = Ledger(tmp_path / "photos.jsonl"), ("a", "b")
    jobs = [
        Job(f"{n}.jpg", nowhere, f"{n}.jpg", ("train", "test")[n % 2], "key") for n in range(MANY)
    ]
    for job in jobs:
        ledger.entries[job.source] = Entry(job.source, job.name, job.split, job.key)
    start = time.process_time()
    _fill_empty_split(plan, ledger, jobs)
    assert time.process_time() - start < 3
    assert len(ledger.entries) == MANY


def test_near_duplicates_are_counted_at_the_same_cost_a_photo():
    def seconds_each(count: int) -> float:
        hashes = np.random.default_rng(0).integers(0, 2**64, count, np.uint64)
        looks = [f"{value:016x}" for value in hashes]
        start = time.process_time()
        near_duplicates(looks)
        return (time.process_time() - start) / count

    assert seconds_each(8 * MANY) < 6 * seconds_each(MANY)  # In proportion to n it would be 8.


def test_the_journal_and_the_last_look_at_the_files_take_little_memory(tmp_path):
    """Beside the entries themselves, which are some hundred bytes each."""
    count, train = 2_000, tmp_path / "train" / "input"
    for split in SPLITS:
        for side in SIDES:
            (tmp_path / split / side).mkdir(parents=True)
    ledger = Ledger(tmp_path / "photos.jsonl")
    for number in range(1, count + 1):
        ledger.add(Entry(f"holiday/{number:08d}.jpg", f"{number:04d}.jpg", "train", "0" * 16))
        (train / f"{number:04d}.jpg").touch()
    (train / "0000.jpg").touch()  # What was left behind.

    def bytes_each(do: Callable[[], object]) -> float:
        tracemalloc.start()
        try:
            do()
            return tracemalloc.get_traced_memory()[1] / count
        finally:
            tracemalloc.stop()

    assert bytes_each(ledger.rewrite) < 200
    assert bytes_each(lambda: _sweep(tmp_path, ledger)) < 200
    assert not (train / "0000.jpg").exists() and len(list(train.iterdir())) == count
    assert Ledger(ledger.path).entries == ledger.entries


def test_a_dataset_that_is_listed_takes_little_more_than_its_names(tmp_path):
    count = 2_000
    (tmp_path / "train/input").mkdir(parents=True)
    for number in range(count):
        (tmp_path / f"train/input/{number:07d}.jpg").touch()
    shutil.copytree(tmp_path / "train/input", tmp_path / "train/target")
    tracemalloc.start()
    try:
        dataset = Dataset.open(tmp_path, 32)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert dataset.size == 32
    assert kept / count < 200  # A path of `pathlib` takes some four hundred by itself.
    assert most / count < 500


@pytest.mark.slow
def test_the_benchmark_measures_a_small_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    *times, _ = measure(tmp_path, 100)
    assert all(each > 0 for each in times)
