"""Errors that a person can do something about, told in one line."""

import sys
from collections.abc import Callable
from functools import wraps


class UserError(ValueError):
    """What was expected, what came, and what to do, in one line."""


def cannot_listen(host: str, port: int) -> UserError:
    """Say that a server cannot begin, and what to do."""
    return UserError(
        f"cannot listen on {host}:{port}: the port is taken or the address is not this machine's; "
        "choose others with --port and --host"
    )


def cli(main: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command so that a `UserError` prints `error: ...` on stderr and exits with code 2.

    Ctrl+C exits with code 130, as shells have it.
    """

    @wraps(main)
    def wrapper(*args: object, **kwargs: object) -> None:
        try:
            main(*args, **kwargs)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            raise SystemExit(2) from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None

    return wrapper
