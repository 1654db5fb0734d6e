"""How long `fit` takes to its first step, and the memory until then, where there are many pairs.

    python -m tests.benchmarks.starting_many [--pairs 1000000] [--folder FOLDER]

The files are links to a few, and the arrays that were decoded of them are sparse, so that a million
pairs take no room. What is measured is what any start after the first does: list the files, see
that none has changed, map the arrays, build the networks, and train. The first start decodes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from training.data.cache import Cache
from training.data.datasets import Cached, Dataset
from training.data.pairs import SIDES, SPLITS
from training.files import write_json
from training.size import sides

SIZE = 64
LINKS = 50_000  # To one file: file systems count them in 16 bits.
FIT = ["--generator", "slim_unet", "--width", "8", "--discriminator-width", "8", "--batch", "4"]
FIT += ["--perceptual", "0", "--projected", "0", "--images", "4", "--epoch-images", "4"]


def link(folder: Path, count: int) -> None:
    """Make a side of `count` pictures."""
    folder.mkdir(parents=True)
    for number in range(count):
        path = folder / f"{number:07d}.jpg"
        if number % LINKS == 0:
            first = path
            Image.fromarray(np.full((SIZE, SIZE, 3), number % 251, np.uint8)).save(first)
        else:
            os.link(first, path)


def decoded(cache: Cache) -> None:
    """Write the arrays of a cache as if its pictures had been decoded: black, and sparse."""
    place = cache.places[0]
    place.mkdir(exist_ok=True)
    shape = (sum(1 for _ in cache.files()) // len(cache.arrays), *sides(cache.size), 3)
    for array in cache.arrays:
        with open(cache._path(place, array), "wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            file.truncate(file.tell() + int(np.prod(shape)))
    digests = dict.fromkeys(cache.arrays, "0" * 64)
    write_json(cache._record(place), {"stamp": cache._stamp(), "sha256": digests})


def stand_in(folder: Path, count: int) -> Path:
    """Make a dataset of `count` pairs to train on."""
    data = folder / "data"
    for split, number in zip(SPLITS, (count, 4), strict=True):
        for side in SIDES:
            link(data / split / side, number)
    write_json(data / "dataset.json", {"size": SIZE, "name": "many", "complete": True})
    dataset = Dataset.open(data)
    for opened in (dataset.train, dataset.test):
        assert isinstance(opened, Cached)
        decoded(opened.sources[0][0])
    return data


def measure(folder: Path, data: Path) -> tuple[float, float, float]:
    """Seconds to the first step, seconds to the end, and the most memory in MB."""
    told = folder / "progress.jsonl"
    command = [sys.executable, "-m", "training", "fit", "pix2pix", *FIT, "--progress", str(told)]
    start, started = time.perf_counter(), time.time()
    command += ["--data", str(data), "--run", str(folder / "run")]
    subprocess.run(command, check=True)
    spent = time.perf_counter() - start
    lines = map(json.loads, told.read_text().splitlines())
    first = next(each["time"] for each in lines if each.get("step") == "train" and each["done"])
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return first - started, spent, memory


def main() -> None:
    """Print the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where a gigabyte of names may lie for some minutes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        data = stand_in(Path(folder), options.pairs)
        first, spent, memory = measure(Path(folder), data)
    print(f"{options.pairs:,} pairs: first step after {first:.1f} s, ended after {spent:.1f} s")
    print(f"at most {memory:,.0f} MB")


if __name__ == "__main__":
    main()
