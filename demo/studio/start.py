"""`python -P -m demo.studio.start JOB COMMAND ...`: become the command of a job, once.

The process writes down who it is, and then turns into the command, which keeps its number. So there
is no moment in which a job runs and its folder does not say so, and a job that was begun is not
begun again by a studio that was restarted in the middle.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from demo.studio import processes

CANCELLED = "cancelled"
BEGUN = "begun"  # A folder, as on every file system only one can take a name that is free.
PROCESS = f"{BEGUN}/process.json"
COMMANDS = ("training", "export")


def main(job: str, module: str, *arguments: str) -> None:
    """Claim the job's folder, then run `python -m MODULE ARGUMENTS` in this process."""
    if module not in COMMANDS:
        sys.exit(f"error: expected {' or '.join(COMMANDS)}, got {module}")
    if not claim(Path(job)) or Path(job, CANCELLED).exists():
        return
    # Whoever started us may have been told to ignore Ctrl-C, which is how a job is asked to end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])


def claim(job: Path) -> bool:
    """Write down that this process is the job; False where another one is, or was."""
    me = processes.of(os.getpid())
    beside = job / f".{BEGUN}.{os.getpid()}"
    beside.mkdir()
    (beside / Path(PROCESS).name).write_text(json.dumps(me and me._asdict()))
    try:
        beside.rename(job / BEGUN)
    except OSError:
        shutil.rmtree(beside)
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
