"""Compare what a file generates with what Keras does: differences in pixel values, and floors."""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.errors import UserError
from training.networks.inputs import Inputs, count_of, rows_of

# Identical pictures have no PSNR, and JSON no infinity. float32 rounding alone is at 140 dB.
IDENTICAL = 200.0


class Drift(UserError):
    """A file does not generate what the trained generator does."""


@dataclass(frozen=True)
class Outcome:
    """What a file made of N inputs.

    `photos` are [N, H, W, 3] in 0..255, float32 or uint8; `milliseconds` is the median of one
    picture, `threads` how many could work on it.
    """

    photos: np.ndarray
    milliseconds: float
    threads: int


@dataclass(frozen=True)
class Parity:
    """How far a file is from Keras: PSNR in dB, mean and largest difference in pixel values."""

    psnr: float
    mean: float
    max: float
    drawings: int


def one_by_one(inputs: Inputs) -> list[Inputs]:
    """The inputs of each picture, as batches of one: pictures float32, the others as they are."""
    as_float = {
        name: values.astype(np.float32) if values.dtype == np.uint8 else values
        for name, values in inputs.items()
    }
    return [rows_of(as_float, row, row + 1) for row in range(count_of(inputs))]


def measure(
    generate: Callable[[dict[str, np.ndarray]], np.ndarray], inputs: Inputs, threads: int
) -> Outcome:
    """Time `generate`, inputs [1, ...] by name -> [H, W, 3], on each row; the first runs twice."""
    each = one_by_one(inputs)
    generate(each[0])  # Allocation and caches are not what a second stroke waits for.
    photos, seconds = [], []
    for row in each:
        start = time.perf_counter()
        photos.append(generate(row))
        seconds.append(time.perf_counter() - start)
    return Outcome(np.stack(photos), 1000 * statistics.median(seconds), threads)


def compare(photos: np.ndarray, reference: np.ndarray) -> Parity:
    """Compare pictures in 0..255 of equal shape [N, H, W, 3], all N together.

    PSNR is 10 log10(255² / mean squared difference): 200 if that is 0, NaN where there is NaN.
    """
    difference = np.abs(photos.astype(np.float64) - reference.astype(np.float64))
    square = float(np.mean(difference**2))
    psnr = IDENTICAL if square == 0 else 10 * math.log10(255**2 / square)
    return Parity(psnr, float(difference.mean()), float(difference.max()), len(photos))


def check(name: str, photos: np.ndarray, reference: np.ndarray, floor: float) -> Parity:
    """Compare, and raise `Drift` below `floor` dB or at a NaN; `name` is the file's."""
    parity = compare(photos, reference)
    if not parity.psnr >= floor:  # NaN too
        raise Drift(
            f"{name} does not generate what the trained generator does: expected at least "
            f"{floor:g} dB PSNR on {parity.drawings} drawings, got {parity.psnr:.1f} dB "
            f"(mean difference {parity.mean:.2f}, largest {parity.max:.0f} of 255); "
            f"leave it out with --formats"
        )
    return parity
