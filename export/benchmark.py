"""How large, how fast and how hungry each file of a bundle is, in processes of their own."""

import multiprocessing
import os
import resource
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

# Neither brings TensorFlow, whose memory would be measured too.
from training.errors import UserError
from training.transfer.bundle import read_bundle

PICTURES = 20  # Timed, after one that is not: the first call allocates.


def benchmark(bundle: Path) -> list[dict[str, Any]]:
    """Measure every TFLite file of a bundle with one thread, two, and one a core.

    Returns:
        A row a file and number of threads: `file`, `megabytes`, `threads`, `load` and `picture`
        in milliseconds (the median of 20), `memory` in MB: what loading and generating added to the
        most that the process ever held.

    Raises:
        UserError: there is no bundle, it is damaged, or none of its files is a TFLite file.
    """
    sizes = read_bundle(bundle).of_each_size()
    paths = [
        each.file(key) for each in sizes for key in each.card["files"] if key.startswith("tflite-")
    ]
    if not paths:
        raise UserError(f"{bundle} has no TFLite file to measure")
    context = multiprocessing.get_context("spawn")
    rows = []
    for path in paths:
        for threads in sorted({1, 2, os.cpu_count() or 1}):
            # A process each: memory that one file has taken would hide what the next one takes.
            with ProcessPoolExecutor(1, context) as pool:
                try:
                    row = pool.submit(_measure, path, threads).result()
                    rows.append(row | {"file": path.relative_to(bundle).as_posix()})
                except (ValueError, RuntimeError) as error:  # The interpreter's, or its crash.
                    reason = " ".join(str(error).split())
                    raise UserError(f"{path} cannot be run as a TFLite file: {reason}") from None
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = ["| file | MB | threads | load (ms) | picture (ms) | memory (MB) |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    lines += [
        f"| {row['file']} | {row['megabytes']:.2f} | {row['threads']} | {row['load']:.0f} "
        f"| {row['picture']:.1f} | {row['memory']:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def _measure(path: Path, threads: int) -> dict[str, Any]:
    from ai_edge_litert.interpreter import Interpreter

    before = _peak()
    start = time.perf_counter()
    interpreter = Interpreter(model_path=str(path), num_threads=threads)
    interpreter.allocate_tensors()
    load = time.perf_counter() - start
    random = np.random.default_rng(0)
    given = {
        source["index"]: random.integers(0, 256, source["shape"]).astype(source["dtype"])
        for source in interpreter.get_input_details()
    }
    seconds = []
    for _ in range(1 + PICTURES):
        for index, values in given.items():
            interpreter.set_tensor(index, values)
        start = time.perf_counter()
        interpreter.invoke()
        seconds.append(time.perf_counter() - start)
    return {
        "megabytes": path.stat().st_size / 1e6,
        "threads": threads,
        "load": 1000 * load,
        "picture": 1000 * statistics.median(seconds[1:]),
        "memory": (_peak() - before) / 1000,
    }


def _peak() -> int:
    """The most memory that this process ever held, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
