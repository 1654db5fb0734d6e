"""How large, how fast and how hungry each file of a bundle is, in processes of their own."""

import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

# Neither brings TensorFlow, whose memory would be measured too.
from training.errors import UserError
from training.size import Size, from_json, sides
from training.transfer.bundle import read_bundle

MEASURED = ("tflite-", "onnx-")  # How the keys of files begin that this can run.
PICTURES = 20  # Timed, after one that is not: the first call allocates.


def benchmark(bundle: Path) -> list[dict[str, Any]]:
    """Measure every TFLite and ONNX file of a bundle with one thread, two, and one a core.

    Returns:
        A row a file and number of threads: `file`, `megabytes`, `threads`, `load` and `picture`
        in milliseconds (the median of 20), `memory` in MB: what loading and generating added to the
        most that the process ever held.

    Raises:
        UserError: there is no bundle, it is damaged, or none of its files is of these.
    """
    paths = {
        each.file(key): from_json(each.card["size"])
        for each in read_bundle(bundle).of_each_size()
        for key in each.card["files"]
        if key.startswith(MEASURED)
    }
    if not paths:
        raise UserError(f"{bundle} has no TFLite or ONNX file to measure")
    context = multiprocessing.get_context("spawn")
    rows = []
    for path, size in paths.items():
        for threads in sorted({1, 2, os.cpu_count() or 1}):
            # A process each: memory that one file has taken would hide what the next one takes.
            with ProcessPoolExecutor(1, context) as pool:
                try:
                    row = pool.submit(_measure, path, threads, size).result()
                    rows.append(row | {"file": path.relative_to(bundle).as_posix()})
                except (ValueError, RuntimeError) as error:  # The runtime's, or its crash.
                    reason = " ".join(str(error).split())
                    raise UserError(f"{path} cannot be run: {reason}") from None
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


def _measure(path: Path, threads: int, size: Size) -> dict[str, Any]:
    is_onnx = path.suffix == ".onnx"
    import_module("onnxruntime" if is_onnx else "ai_edge_litert.interpreter")  # Not measured.
    before = _peak()
    start = time.perf_counter()
    generate = _with_onnx_runtime(path, threads, size) if is_onnx else _with_litert(path, threads)
    load = time.perf_counter() - start
    seconds = []
    for _ in range(1 + PICTURES):
        start = time.perf_counter()
        generate()
        seconds.append(time.perf_counter() - start)
    return {
        "megabytes": path.stat().st_size / 1e6,
        "threads": threads,
        "load": 1000 * load,
        "picture": 1000 * statistics.median(seconds[1:]),
        "memory": (_peak() - before) / 1000,
    }


def _with_litert(path: Path, threads: int) -> Callable[[], None]:
    """Load a TFLite file, and return what generates a picture with it."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=threads)
    interpreter.allocate_tensors()
    given = {
        source["index"]: _anything(source["shape"], source["dtype"])
        for source in interpreter.get_input_details()
    }

    def generate() -> None:
        for index, values in given.items():
            interpreter.set_tensor(index, values)
        interpreter.invoke()

    return generate


def _with_onnx_runtime(path: Path, threads: int, size: Size) -> Callable[[], None]:
    """Load an ONNX file, and return what generates a picture with it, of `size` where it is free.

    Raises `RuntimeError` where it cannot be loaded.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # It has one for each status, and no other process knows them.
        raise RuntimeError(str(error)) from None
    types = {"tensor(float)": np.float32, "tensor(int32)": np.int32}
    free = dict(zip(("height", "width"), sides(size), strict=True))
    given = {
        source.name: _anything([free.get(side, side) for side in source.shape], types[source.type])
        for source in session.get_inputs()
    }
    return lambda: session.run(None, given)


def _anything(shape: Sequence[int], dtype: Any) -> np.ndarray:
    """Random pixels or noise; of labels, the first."""
    if dtype is np.int32:
        return np.zeros(shape, dtype)
    return np.random.default_rng(0).integers(0, 256, shape).astype(dtype)


def _peak() -> int:
    """The most memory that this process ever held, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
