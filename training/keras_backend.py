"""Check what Keras is told to run on before it is imported: there, it would end in a traceback."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from training.errors import UserError
from training.library_output import shown_on_failure

BACKENDS = ("tensorflow", "jax")  # That training/backends/ knows; Keras takes the first untold.
# What else Keras reads, and does not start without.
SETTINGS = {
    "floatx": ("float16", "float32", "float64"),
    "image_data_format": ("channels_last",),  # As the networks here are built.
}


@contextmanager
def loading_keras() -> Iterator[None]:
    """Check the backend, then import in the block, whose output is shown only if it fails.

    Raises:
        UserError: as `check_backend` does, or the import failed.
    """
    check_backend()
    with shown_on_failure("loading Keras"):
        yield


def check_backend() -> None:
    """See whether there is the backend that `KERAS_BACKEND` or else `keras.json` names.

    Raises:
        UserError: it is unknown or not installed, or `keras.json` is not what Keras takes.
    """
    path = _settings_file()
    settings = _settings(path)
    named = os.environ.get("KERAS_BACKEND")
    backend = named or settings.get("backend", BACKENDS[0])
    there = [each for each in BACKENDS if find_spec(each)]
    if backend in there:
        return
    where = "Keras's default is" if "backend" not in settings else f"{path} names"
    where = "KERAS_BACKEND names" if named else where
    what = "is not installed" if backend in BACKENDS else "training does not know"
    way_on = (
        f"there are {' and '.join(there)}: set KERAS_BACKEND={there[0]}"
        if there
        else f"nor is another one: install {' or '.join(BACKENDS)}"
    )
    raise UserError(f"{where} the backend {backend!r}, which {what}; {way_on}")


def _settings_file() -> Path:
    """Where Keras looks for its settings (keras/src/backend/config.py)."""
    home = os.path.expanduser("~")
    usual = os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME", usual)), "keras.json")


def _settings(path: Path) -> dict[str, Any]:
    """What the file says; nothing where there is none, or no JSON in it, which Keras passes over.

    Raises:
        UserError: it cannot be read, or holds what Keras refuses.
    """
    if not path.exists():
        return {}
    try:
        settings = json.loads(path.read_text())
    except OSError as error:
        raise UserError(f"Keras cannot read {path}: {error.strerror}") from None
    except ValueError:
        return {}
    if not isinstance(settings, dict):
        raise UserError(f"{path} is not what Keras writes: remove it, and Keras writes it anew")
    wrong = [name for name, fit in SETTINGS.items() if settings.get(name, fit[0]) not in fit]
    wrong += [] if isinstance(settings.get("epsilon", 1e-7), float) else ["epsilon"]
    for name in wrong:
        fit = " or ".join(SETTINGS.get(name, ("a number such as 1e-07",)))
        raise UserError(f"{path}: {name} is {settings[name]!r}, but should be {fit}; change it")
    return settings
