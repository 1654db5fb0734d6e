"""Say how far a command is, for programs: `--progress FILE` appends one JSON object a line to FILE.

Each line has `time` (seconds since 1970) and `event`; null is what is not known. A reader skips
events and keys that it does not know, and a last line without an end. FILE may hold several
commands, one after the other, as where one was killed and went on; each starts with `begin`:

    begin     command, process (its number)
    step      step (see below), done, total, unit, seconds_left; one a second at most.
              While fitting also images_per_second, losses (by name), seconds (of all starts)
    planned   images_per_second, images, ends (a time): what `fit --minutes` expects
    enough    pairs, times: it ends before that, as all pairs were seen so often
    epoch     epoch, images, seconds, images_per_second, losses, sheet: a checkpoint is written
    prepared  what dataset.json says (counts, skipped with reasons, left_out by kind, alike: photos
              nearly the same as others, empty: drawings with nothing on them), and sheet
    measured  measures: rows of evaluate's --json; after `fit` one, of held-out pairs, which has
              l1_inputs and ssim_inputs too, of the sketches themselves
    sheet     path: what `preview` wrote
    bundle    path, files: format, path, bytes, milliseconds, threads, psnr (dB to Keras) of each
    warning   message: a sentence
    end       state: finished, failed or interrupted; error: a sentence where it failed

A command that was killed has no `end`, and its process is gone. Steps: load, decode, pairs, build,
measure speed, train (images), generate, features, convert (files). Paths are those that the command
was given, or below them.
"""

import contextlib
import inspect
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tyro
from tqdm import tqdm

from training.errors import UserError

HELP = "--progress FILE, which every command takes, appends to FILE how far it is, in JSON lines."
OFTEN = 1.0  # Seconds between two lines of a step: a night of them is a few megabytes.


class _File:
    """Lines at the end of a file, whole ones: what cannot be written is left out."""

    def __init__(self, path: Path):
        try:
            self.number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise UserError(f"--progress {path}: cannot write it: {error.strerror}") from None
        self.path, self.warned = path, False
        size = os.fstat(self.number).st_size
        # A line that a crash cut short is ended first.
        self.torn = size > 0 and os.pread(self.number, 1, size - 1) != b"\n"

    def append(self, line: str) -> None:
        """Write a line; a full disk is a warning, once, as the work itself may still be saved."""
        content = (("\n" if self.torn else "") + line + "\n").encode()
        try:
            written = os.write(self.number, content)
            self.torn = written < len(content)
        except OSError as error:
            if not self.warned:
                self.warned = True
                told = f"{error.strerror}; the command goes on without"
                print(f"warning: cannot write {self.path}: {told}", file=sys.stderr)


_file: _File | None = None  # One command a process.
_last: tuple[str, float] = ("", 0.0)  # The step that was told last, and when.
_warned: list[str] = []  # What this process has warned of.


def asked(arguments: list[str]) -> tuple[Path | None, list[str]]:
    """Take `--progress FILE` off a command's arguments."""

    def option(progress: Path | None = None) -> Path | None:
        return progress

    return tyro.cli(option, args=arguments, return_unknown_args=True, add_help=False)


def described(command: Callable[..., Any]) -> str:
    """What a command's --help says it does, its options apart, and that it takes this one."""
    return f"{inspect.getdoc(command)}".split("\n\nArgs:")[0] + f"\n\n{HELP}"


@contextlib.contextmanager
def told_to(path: Path | None, command: str) -> Iterator[None]:
    """Tell `path`, if there is one, what the block does, and how it ends.

    Raises:
        UserError: the file cannot be opened. Later on what cannot be written is only a warning.
    """
    global _file, _last
    if path is None:
        yield
        return
    _file, _last = _File(path), ("", 0.0)
    try:
        tell("begin", command=command, process=os.getpid())
        yield
    except BaseException as error:
        state, sentence = _ending(error)
        tell("end", state=state, error=sentence)
        raise
    else:
        tell("end", state="finished", error=None)
    finally:
        os.close(_file.number)
        _file = None


def _ending(error: BaseException) -> tuple[str, str | None]:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", None
    if isinstance(error, UserError):
        return "failed", str(error)
    if isinstance(error, SystemExit):
        wrong = "its options were not understood; what it printed says which"
        return ("failed", wrong) if error.code else ("finished", None)
    if isinstance(error, MemoryError):
        return "failed", "there was not enough memory"
    return "failed", f"{type(error).__name__}; what it printed says more"


def tell(event: str, **facts: Any) -> None:
    """Append a line where somebody asked for them."""
    if _file:
        line = {"time": round(time.time(), 3), "event": event, **facts}
        _file.append(json.dumps(_finite(line), default=os.fspath))


def step(
    name: str,
    done: int = 0,
    total: int | None = None,
    unit: str | None = None,
    seconds_left: float | None = None,
    **facts: Any,
) -> None:
    """Say how far a step is: when it begins and ends, and between not more than once a second."""
    global _last
    now = time.monotonic()
    if _file is None or (_last[0] == name and done != total and now - _last[1] < OFTEN):
        return
    _last = (name, now)
    known = {"done": done, "total": total, "unit": unit, "seconds_left": _rounded(seconds_left)}
    tell("step", step=name, **known, **facts)


def warn(message: str) -> None:
    """Warn on stderr, below no bar, and in the file."""
    tqdm.write(f"warning: {message}", file=sys.stderr)
    tell("warning", message=message)
    _warned.append(message)


def remind() -> None:
    """Warn once more, at the end of what takes hours: its lines have buried what was said first."""
    while _warned:
        tqdm.write(f"warning, from before: {_warned.pop(0)}", file=sys.stderr)


class Bar(tqdm):
    """A tqdm bar that is a step of the file, too."""

    def __init__(self, *args: Any, step: str, **options: Any):
        self.step = step
        super().__init__(*args, **options)

    def display(self, *args: Any, **options: Any) -> Any:
        """Draw it, whenever tqdm finds that it is time, and tell."""
        if not self.disable and self.n != self.total:
            self._tell()
        return super().display(*args, **options)

    def close(self) -> None:
        """Say that the step is done; of one that was broken off nothing more."""
        if not self.disable and self.n == self.total:
            self._tell()
        super().close()

    def _tell(self) -> None:
        rate = self.format_dict["rate"] or self._mean_rate()
        left = (self.total - self.n) / rate if rate and self.total else None
        step(self.step, self.n, self.total, self.unit, left)

    def _mean_rate(self) -> float:
        elapsed = self.format_dict["elapsed"]
        return self.n / elapsed if elapsed else 0.0


def _rounded(seconds: float | None) -> int | None:
    return None if seconds is None else max(0, round(seconds))


def _finite(value: Any) -> Any:
    """JSON has no infinity, and no NaN."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
