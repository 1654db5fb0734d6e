"""Mistakes a user can make, told in one line."""

import errno
import functools
import io
import os
import shutil
import sys
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")
# Columns: in fewer, rich looks for minutes for a way to lay out a help; in more it fills memory.
LEAST_WIDTH, MOST_WIDTH = 40, 1000
# What the system says of a path that was typed, or of a disk; nothing that a mistake of ours gives.
_OF_PATHS = (
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EROFS),
    errno.EIO,
)


class UserError(ValueError):
    """Bad input: the message says what was expected, what came and what to do."""


def cli(main: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command so that a `UserError` prints `error: ...` on stderr and exits with code 2.

    So does a path that the system refuses. Ctrl-C ends in one line too, with the shell's code for
    it, 130. Names that are no UTF-8 are printed with escapes.
    """

    @functools.wraps(main)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        _ready_to_print()
        try:
            main(*args, **kwargs)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(2)
        except OSError as error:
            if error.errno not in _OF_PATHS or error.filename is None:
                raise
            print(f"error: {os.fsdecode(error.filename)}: {error.strerror}", file=sys.stderr)
            sys.exit(2)
        except KeyboardInterrupt:
            print("interrupted: the same command goes on from here", file=sys.stderr)
            sys.exit(130)

    return wrapped


def _ready_to_print() -> None:
    """Let every name be printed, and no window be narrower than what lays out text can stand."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # As stderr does by itself.
    width = shutil.get_terminal_size().columns
    sane = min(max(width, LEAST_WIDTH), MOST_WIDTH)
    if "COLUMNS" in os.environ or width != sane:
        os.environ["COLUMNS"] = str(sane)
