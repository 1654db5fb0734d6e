"""Redirect the output of libraries to a log, and show it only on failure."""

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import UserError
from training.files import full_disk


@contextmanager
def shown_on_failure(what: str, expected: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Keep the block's output quiet; when it fails, show it and raise `UserError` naming `what`.

    A `UserError`, a full disk (`OSError`) and the `expected` exceptions say enough by themselves.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        try:
            with output_to(log):
                yield
        except Exception as error:
            if isinstance(error, (UserError, OSError, *expected)):
                raise
            if code := full_disk(error):  # TensorFlow wraps it in errors of its own.
                raise OSError(code, os.strerror(code)) from error
            print(log.read_text(errors="replace"), file=sys.stderr)
            traceback.print_exc()
            raise UserError(f"{what} failed with {type(error).__name__}; see above") from error


@contextmanager
def output_to(log: Path) -> Iterator[None]:
    """Append what this process writes to stdout and stderr to `log`, C++ libraries included."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.dup2(file, 1)
        os.dup2(file, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)
            os.close(copy)
        os.close(file)
