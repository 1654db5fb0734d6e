"""The whole of training on JAX, in processes from which TensorFlow is barred."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# Files and what to run of them. Of `fit`, what JAX could do otherwise: the rest is plain Python.
FILES = {
    "losses": "",
    "networks": "",
    "augment": "",
    "adversarial": "",
    "fit": "promises or resumed or averaged or nan",
    "recipes": "complete and not pix2pix",
    "family_layers": "",
}
TESTS = Path(__file__).parent

# As where it was never installed: nothing finds it, and who asks politely is told no.
BLOCKED = """
import sys
class Barred:
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in ("tensorflow", "tf_keras"):
            return self.finder.find_spec(name, path, target)
sys.meta_path[:] = map(Barred, sys.meta_path)
"""

STEP = """
import sys
import numpy as np
import keras
from tests.test_adversarial import TINY, SIZE, fit
options = TINY["fast"]
model = options.build(SIZE, 0)
rng = np.random.default_rng(7)
for network in model.networks.values():
    network.set_weights([
        np.abs(rng.normal(0, 0.1, w.shape)) + 0.5 if "variance" in v.path or "gamma" in v.path
        else rng.normal(0, 0.1, w.shape)
        for v, w in zip(network.weights, network.get_weights())
    ])
model.augmentation = lambda sketch, photo, seed: (
    keras.ops.cast(sketch, "float32"), keras.ops.cast(photo, "float32")
)
before = [keras.ops.convert_to_numpy(v.value) for v in model.trainable_variables]
# A step of plain descent at rate one is the gradient itself.
model.compile(optimizer=keras.optimizers.SGD(1.0), jit_compile=keras.backend.backend() == "jax")
fit(model)
after = [keras.ops.convert_to_numpy(v.value) for v in model.trainable_variables]
np.savez(sys.argv[1], *[b - a for a, b in zip(after, before)])
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> dict[str, str]:
    """Let the processes share what XLA compiled, which takes longer than running it."""
    return {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("xla")),
        "JAX_PERSISTENT_COMPILATION_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


def environment(backend: str) -> dict[str, str]:
    return os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(TESTS.parent)}


@pytest.mark.slow
def test_the_backends_agree_on_the_gradients(tmp_path):
    for backend, first in (("tensorflow", ""), ("jax", BLOCKED)):
        path = str(tmp_path / f"{backend}.npz")
        subprocess.run(
            [sys.executable, "-c", first + STEP, path], env=environment(backend), check=True
        )
    with np.load(tmp_path / "tensorflow.npz") as one, np.load(tmp_path / "jax.npz") as other:
        assert len(one.files) == len(other.files) > 40
        for name in one.files:
            scale = np.abs(one[name]).max()
            assert scale > 0
            np.testing.assert_allclose(one[name], other[name], atol=2e-3 * scale, err_msg=name)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", FILES)
def test_training_passes_on_jax_without_tensorflow(name, tmp_path, compiled):
    (tmp_path / "barred.py").write_text(BLOCKED)
    file = f"tests/test_{name}.py"
    command = ["-m", "pytest", "-q", "-p", "barred", "-m", "not slow", file, "-k", FILES[name]]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=TESTS.parent,
        env=environment("jax") | compiled | {"PYTHONPATH": f"{tmp_path}:{TESTS.parent}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout
