"""The device that a training runs on: its name, speed and memory, and a card that is idle."""

import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import keras
from keras import ops

from training.backends import accelerator, accelerator_peak
from training.progress import warn

DRIVER = Path("/proc/driver/nvidia/gpus")  # Of Linux: a folder a card, whatever is installed.
MEMORY = Path("/proc/meminfo")  # Of Linux.
SIDES = {"cpu": 1024, "gpu": 8192, "tpu": 8192}  # Of the matrices, so that they fill a device.
SECONDS = 1.0


def device_name() -> str:
    """Name what trains: a GPU or TPU, or "CPU, x86_64"."""
    return accelerator() or f"CPU, {platform.machine()}"


def cards() -> list[str]:
    """Names of the NVIDIA cards of this machine, whether or not anything here can use them."""
    told = [path.read_text(errors="replace") for path in sorted(DRIVER.glob("*/information"))]
    named = [re.search(r"^Model:\s*(.+)$", text, re.MULTILINE) for text in told]
    if named:
        return [name.group(1).strip() if name else "NVIDIA card" for name in named]
    # Windows' own Linux has no such folder.
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    asked = [command, "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [
        line.strip() for line in done.stdout.splitlines() if line.strip() and not done.returncode
    ]


def idle() -> str | None:
    """Say what to type where a card is here and the backend does not use it; None elsewhere.

    A card that somebody has hidden (`CUDA_VISIBLE_DEVICES`) is meant to be idle.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    if accelerator() or hidden or not (found := cards()):
        return None
    backend = keras.backend.backend()
    return (
        f"{found[0]} is here, but {backend} trains on the CPU, as it has no CUDA libraries: "
        f"type `make gpu{' BACKEND=jax' if backend == 'jax' else ''}` to install them"
    )


def announce() -> None:
    """Print what trains, and on stderr a warning where a card is idle."""
    print(f"training on {device_name()}", flush=True)
    if told := idle():
        warn(told)


def report() -> str:
    """Say what would train, how fast each device multiplies, and what is idle: a line each."""
    backend = keras.backend.backend()
    lines = [f"{backend} trains on: {device_name()}, {os.cpu_count()} cores"]
    for device in keras.distribution.list_devices():
        speeds = [f"{kind} {speed(device, kind):.3g}" for kind in ("float32", "bfloat16")]
        lines.append(f"{device}: {', '.join(speeds)} TFLOP/s in a product of matrices")
    if told := idle():
        lines.append(told)
    elif not cards():
        lines.append("no NVIDIA card here")
    return "\n".join(lines)


def speed(device: str, dtype: str) -> float:
    """Multiply square matrices on a device, such as `cpu:0`, for a second; 10^12 operations/s."""
    side = SIDES[device.split(":")[0]]
    with keras.device(device):
        left, right = (keras.random.uniform((side, side), dtype=dtype, seed=n) for n in (0, 1))

        def multiply() -> None:  # And wait until it is done.
            float(ops.cast(ops.matmul(left, right)[0, 0], "float32"))

        multiply()  # The first compiles.
        count, start = 0, time.perf_counter()
        while (seconds := time.perf_counter() - start) < SECONDS:
            multiply()
            count += 1
    return 2 * side**3 * count / seconds / 1e12


def peak_memory() -> int:
    """Bytes taken at most so far: of the GPU's memory where it tells them, or by this process."""
    unit = 1 if sys.platform == "darwin" else 1024
    return accelerator_peak() or unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def room_for_twice() -> bool:
    """Tell whether this process may take as much again as it did; a GPU refuses by itself.

    A processor's system does not refuse, but ends whoever it likes.
    """
    if accelerator() or not MEMORY.exists():
        return True
    free = re.search(r"^MemAvailable: +(\d+) kB", MEMORY.read_text(), re.MULTILINE)
    return free is None or 1024 * int(free[1]) > peak_memory()
