"""The shipped int8 files on ARM, as phones have it: in an emulator, with LiteRT for aarch64."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from demo.bundles import load_generator
from training.evaluation.generators import Generator, load_drawings
from training.runs.samples import random_looks

ROOT = Path(__file__).parent.parent
ARM64 = ROOT / "build" / "arm64"
SHIPPED = ROOT / "demo" / "models"


@pytest.mark.release
@pytest.mark.timeout(900)
@pytest.mark.parametrize("model", ["flowers", "objects"])
def test_int8_draws_on_arm_what_it_draws_here(model, tmp_path):
    installed = ARM64 / "installed"
    emulator = shutil.which("qemu-aarch64")
    if not (installed.is_file() and emulator):
        pytest.skip("no arm64 Python in build/arm64; `make arm64` installs it on Debian")
    drawings = load_drawings(ROOT / "tests" / "drawings", 256)[::2][:16]
    look = Generator.open(SHIPPED / model / "generator.int8.tflite").look
    looks = random_looks(len(drawings), look)[:, 0, 0]
    np.save(tmp_path / "drawings.npy", drawings)
    np.save(tmp_path / "looks.npy", looks)
    command = [emulator, "-cpu", "cortex-a76", "-L", str(ARM64 / "root")]
    command += [str(ARM64 / "root" / "usr" / "bin" / installed.read_text().strip())]
    command += [str(ROOT / "tests" / "arm64" / "draw.py"), str(SHIPPED / model)]
    command += [str(tmp_path / f"{name}.npy") for name in ("drawings", "looks", "pictures")]
    found = os.pathsep.join([str(ARM64 / "site"), str(ROOT)])
    done = subprocess.run(
        command,
        env={"PYTHONPATH": found, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=840,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "aarch64"
    generator = load_generator(SHIPPED / model)
    given = zip(drawings, looks, strict=True)
    expected = np.stack([generator(drawing, look.tobytes()) for drawing, look in given])
    np.testing.assert_array_equal(np.load(tmp_path / "pictures.npy"), expected)
