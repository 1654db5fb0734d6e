"""What several test files share: quiet logs, two cores, and the folder of real photographs."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

# Before anything imports Keras or TensorFlow. A test of JAX starts a process of its own.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The tests have to pass on two cores; more threads than cores only make them slower.
os.environ.setdefault("OMP_NUM_THREADS", "2")

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def own_precision() -> Iterator[None]:
    """Undo what `fit` sets for the whole process: the next test starts in float32."""
    yield
    if "keras" in sys.modules:  # not imported here: the demo's tests run without it
        sys.modules["keras"].config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of real photo sets (GARABATO_DATA), which is no part of the project."""
    folder = Path(os.environ.get("GARABATO_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no photographs at {folder}; GARABATO_DATA names their folder")
    return folder
