"""What holds for every test: quiet logs, and a precision of its own."""

import os
import sys
from collections.abc import Iterator

# Before anything imports Keras or TensorFlow. A test of JAX starts a process of its own.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest


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
