"""What holds for every test: quiet logs, a precision of its own, and a store that all share."""

import ctypes
import os
import sys
from collections.abc import Iterator

# Before anything imports Keras or TensorFlow. A test of JAX starts a process of its own.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# A worker a core is the parallelism; and the sums of several threads end in whatever order.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import pytest

from tests.store import Store


@pytest.fixture(autouse=True, scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what is decoded from a test's photos out of the home of whoever runs it."""
    os.environ["KERAS_HOME"] = str(tmp_path_factory.mktemp("keras"))


@pytest.fixture(autouse=True)
def own_precision() -> Iterator[None]:
    """Undo what `fit` sets for the whole process: the next test starts in float32."""
    yield
    if "keras" in sys.modules:  # not imported here: the demo's tests run without it
        sys.modules["keras"].config.set_dtype_policy("float32")


@pytest.fixture(autouse=True, scope="module")
def own_memory() -> Iterator[None]:
    """Forget the graphs that a module's tests have built, which Keras keeps for a whole process."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session(free_memory=True)
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # Or what is free stays with the process, in pieces.


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return the folders that tests share; see `tests/store.py`."""
    place = tmp_path_factory.getbasetemp()
    # A worker of pytest-xdist has a folder of its own, beside those of the others.
    shared = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place
    return Store(shared / "store")
