"""Commands that a message tells somebody to type: as `training/typed.py` has it."""

import os
import shlex
import shutil
import sys
from pathlib import Path


def typed(module: str, *arguments: object) -> str:
    """`python -m MODULE ARGUMENTS`, quoted for a shell, with an interpreter that runs here."""
    return shlex.join([python(Path.cwd()), "-m", module, *map(str, arguments)])


def python(here: Path) -> str:
    """How to type this interpreter in a folder: below it, by its plain name, or in full.

    Links are not followed: that of a virtual environment is what makes it one.
    """
    if not sys.executable:  # Python inside another program.
        return "python"
    running = Path(os.path.abspath(sys.executable))
    if running.is_relative_to(here):
        return str(running.relative_to(here))
    found = shutil.which("python")
    if found and _same(Path(os.path.abspath(found)), running):
        return "python"
    return str(running)


def _same(one: Path, other: Path) -> bool:
    """Whether two paths are one interpreter of one environment, `python` and `python3`, say."""
    return one.parent == other.parent and one.resolve() == other.resolve()
