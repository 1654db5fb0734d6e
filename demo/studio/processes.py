"""Tell a process from others of its number, and end it with all that it started."""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import NamedTuple

from demo.errors import UserError

PATIENCE = 0.5  # Seconds for a command to tidy up: a cancel works within one.
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Process(NamedTuple):
    """Its number, when it began in clock ticks since the boot, and which boot that was."""

    number: int
    began: int
    boot: str


def of(number: int) -> Process | None:
    """Return the process that has this number now; None where there is none, or it has ended."""
    try:
        # The second field is a name with whatever in it, in brackets.
        fields = Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":  # It has ended, and nobody has asked yet how.
        return None
    return Process(number, int(fields[19]), boot())


def boot() -> str:
    """Return what names this run of the machine."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        raise UserError("the studio tells its jobs apart by /proc: it runs on Linux") from None


def lives(process: Process) -> bool:
    """Tell whether it is still at work, and not another one of its number."""
    return of(process.number) == process


def end(process: Process) -> None:
    """End a process that leads a group, and the group: asked first, killed after half a second."""
    if not lives(process):
        return
    until = time.monotonic() + PATIENCE
    _signal(process, signal.SIGINT)
    while lives(process) and time.monotonic() < until:
        time.sleep(0.02)
    _signal(process, signal.SIGKILL)  # What it started may have stayed.


def _signal(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.number, number)
