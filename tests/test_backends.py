"""Training on JAX, in processes that cannot import TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# Two processes, and of each file what JAX could do otherwise: the rest is plain Python, or the same
# operations once more, each of which JAX compiles by itself outside of a step.
PARTS = {
    "steps": {
        "losses": "",
        "augment": "",
        "networks": "batch_norm or picture_norm",
        "family_layers": "sampling or pool or instance or late or r1",
        "squeeze_unet": "begins or learns",
        "adversarial": "not matters and not tiny and not finite",  # The gradients below are.
    },
    "runs": {
        "fit": "promises or random or averaged or nan",
        "recipes": "complete and not pix2pix",
        "calls": "two_starts or nan",
    },
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
model.augmentation = lambda pictures, seed: [keras.ops.cast(x, "float32") for x in pictures]
before = [keras.ops.convert_to_numpy(v.value) for v in model.trainable_variables]
# A step of plain descent at rate one is the gradient itself.
model.compile(optimizer=keras.optimizers.SGD(1.0), jit_compile=keras.backend.backend() == "jax")
fit(model)
after = [keras.ops.convert_to_numpy(v.value) for v in model.trainable_variables]
np.savez(sys.argv[1], *[b - a for a, b in zip(after, before)])
"""


# What XLA compiled is kept for the next time, and its code need not be fast: tests run it once.
COMPILED = {
    "JAX_COMPILATION_CACHE_DIR": str(TESTS.parent / "build" / "xla"),
    "JAX_PERSISTENT_COMPILATION_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
}


def environment(backend: str) -> dict[str, str]:
    return os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(TESTS.parent)}


@pytest.mark.slow
def test_the_backends_agree_on_the_gradients(tmp_path):
    for backend, first in (("tensorflow", ""), ("jax", BLOCKED)):
        path = str(tmp_path / f"{backend}.npz")
        subprocess.run(
            [sys.executable, "-c", first + STEP, path],
            env=environment(backend) | COMPILED,
            check=True,
        )
    with np.load(tmp_path / "tensorflow.npz") as one, np.load(tmp_path / "jax.npz") as other:
        assert len(one.files) == len(other.files) > 40
        for name in one.files:
            scale = np.abs(one[name]).max()
            assert scale > 0
            np.testing.assert_allclose(one[name], other[name], atol=2e-3 * scale, err_msg=name)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("part", PARTS)
def test_training_passes_on_jax_without_tensorflow(part, tmp_path):
    (tmp_path / "barred.py").write_text(BLOCKED)
    chosen = " or ".join(
        f"(test_{name}.py and ({expression or 'test'}))" for name, expression in PARTS[part].items()
    )
    files = [f"tests/test_{name}.py" for name in PARTS[part]]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "barred", "-k", chosen, *files],
        cwd=TESTS.parent,
        env=environment("jax") | COMPILED | {"PYTHONPATH": f"{tmp_path}:{TESTS.parent}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    for file in files:
        assert f"{file}::" in done.stdout, "nothing of it ran"
