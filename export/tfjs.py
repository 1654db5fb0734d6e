"""The TensorFlow.js graph model: for the page that runs with no server."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from export import saved_model
from export.parity import Outcome
from training.networks.inputs import Inputs

CHECK = Path(__file__).parent / "tfjs_check"


class Unchecked(Exception):
    """TensorFlow.js cannot be run on this machine; the message says why."""


def write(model: keras.Model, path: Path) -> None:
    """Convert a serving model to the folder `path`: model.json and float16 shards of 4 MB.

    BatchNorm should be folded by now: the converter folds it into Conv2D only.
    """
    convert = _converter()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        saved_model.write(model, Path(folder))
        convert(folder, str(path), quantization_dtype_map={"float16": "*"})


def run(path: Path, inputs: Inputs) -> Outcome:
    """Generate a picture of each row of the inputs in Node on the wasm backend, as a browser would.

    Raises:
        Unchecked: Node or the packages of `tfjs_check/` are missing and cannot be installed.
    """
    node = _ready()
    with tempfile.TemporaryDirectory() as folder:
        for name, values in inputs.items():
            # TensorFlow.js knows no bytes: pictures are floats there.
            pixels = values.dtype == np.uint8
            (values.astype("<f4") if pixels else values).tofile(Path(folder, name))
        done = _call([node, str(CHECK / "check.cjs"), str(path), folder, *inputs])
        if done.returncode:
            raise RuntimeError(f"TensorFlow.js failed on {path.name}:\n{done.stderr}")
        told = json.loads(done.stdout.splitlines()[-1])
        return Outcome(
            np.fromfile(Path(folder, "photos"), "<f4").reshape(-1, *told["shape"]),
            statistics.median(told["milliseconds"]),
            told["threads"],
        )


def _converter() -> Callable[..., None]:
    # Importing it brings JAX and decision forests along: 2 s that other formats need not wait, a
    # greeting that wants IPython where stdout is no terminal, and warnings of what they import.
    os.environ.setdefault("TFDF_DISABLE_WELCOME_MESSAGE", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model
    return convert_tf_saved_model


def _ready() -> str:
    """Path of Node, with the packages of `tfjs_check/` installed once, as its lock file says."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        raise Unchecked("Node.js is not on the PATH; install version 18 or newer")
    if not (CHECK / "node_modules" / ".package-lock.json").is_file():  # npm writes it last
        if npm is None:
            raise Unchecked(f"npm is not on the PATH to install the packages of {CHECK}")
        install = [npm, "ci", "--no-audit", "--no-fund", "--prefix", str(CHECK)]
        try:
            done = _call(install, timeout=300)
        except subprocess.TimeoutExpired:
            raise Unchecked(f"`npm ci` took more than 5 minutes in {CHECK}") from None
        if done.returncode:
            raise Unchecked(f"`npm ci` failed in {CHECK}: {done.stderr.strip()[-300:]}")
    return node


def _call(command: list[str], timeout: float | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout)
