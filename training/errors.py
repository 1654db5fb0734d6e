"""Mistakes a user can make, told in one line."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")


class UserError(ValueError):
    """Bad input: the message says what was expected, what came and what to do."""


def cli(main: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command so that a `UserError` prints `error: ...` on stderr and exits with code 2.

    Ctrl-C ends in one line too, with the shell's code for it, 130.
    """

    @functools.wraps(main)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            main(*args, **kwargs)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(2)
        except KeyboardInterrupt:
            print("interrupted: the same command goes on from here", file=sys.stderr)
            sys.exit(130)

    return wrapped
