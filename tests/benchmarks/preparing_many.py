"""What a pair costs as there are more of them: `prepare`, again where nothing is new, and opening.

    python -m tests.benchmarks.preparing_many [--counts 1000 10000 50000]

Given pairs of 32 px, one process: what grows shows beside so little work. Peak memory is that of
the process, less what it had before. Shared machines vary: compare rows of one run.
"""

import argparse
import io
import os
import resource
import tempfile
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
from PIL import Image

from training.data.datasets import Dataset
from training.prepare.prepare import prepare

SIZE = 32


def draw(photos: Path, count: int) -> Path:
    """Write pairs of noise, some thousand different ones."""
    rng = np.random.default_rng(0)
    kinds = []
    for pixels in rng.integers(0, 256, (1000, SIZE, SIZE, 3), np.uint8):
        encoded = io.BytesIO()
        Image.fromarray(pixels).save(encoded, "JPEG")
        kinds.append(encoded.getvalue())
    for side in ("input", "target"):
        (photos / side).mkdir(parents=True)
        for number in range(count):
            (photos / side / f"{number:07d}.jpg").write_bytes(kinds[number % len(kinds)])
    return photos


def peak() -> float:
    """The most memory that this process had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(folder: Path, count: int) -> tuple[float, ...]:
    """Microseconds of processor time a pair to prepare, to prepare again and to open; MB."""
    photos, dataset = draw(folder / "photos", count), folder / "dataset"
    before, times = peak(), []
    for do in (prepare, prepare, open_pairs):
        start = time.process_time()
        do(photos, dataset, size=SIZE, layout="pairs", processes=1)
        times.append(1e6 * (time.process_time() - start) / count)
    return *times, peak() - before


def open_pairs(photos: Path, dataset: Path, **_: object) -> None:
    """List a dataset's files and decode what `fit` maps from then on."""
    Dataset.open(dataset).train.load()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    rows = []
    for count in sorted(parser.parse_args().counts):
        with tempfile.TemporaryDirectory() as folder:
            rows.append((count, *measure(Path(folder), count)))
    print("\n| pairs | prepare, us a pair | again | open and decode | peak, MB more |")
    print("|---:|---:|---:|---:|---:|")
    for row in rows:
        print("| {:,} | {:.0f} | {:.0f} | {:.0f} | {:.0f} |".format(*row))


if __name__ == "__main__":
    main()
