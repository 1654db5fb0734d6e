"""Processes for tests of what they leave behind."""

import subprocess
import sys


def ended_process() -> int:
    """Number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid
