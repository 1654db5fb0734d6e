"""What a project was told: its photos, how they are drawn, how long it trains, its card.

PROJECT/settings.json
"""

import threading
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.studio import objects
from demo.studio.projects import SETTINGS

# folder: of this machine, in place of photos/; taken_out: paths below it of what is not wanted;
# left_out: by kind; choice: how photos are to be drawn, prepare: how they were; trained: what the
# run began with.
EMPTY: dict[str, Any] = {
    "folder": None,
    "taken_out": [],
    "pairs": False,
    "left_out": {},
    "choice": None,
    "prepare": None,
    "minutes": None,
    "start": None,
    "trained": None,
    "card": {"title": "", "licence": "", "author": ""},
}
_lock = threading.Lock()  # Two browsers change other things at the same time.


def read(project: Path) -> dict[str, Any]:
    """Read them; where nothing was said yet, or the file is damaged, what is so by default."""
    told = objects.read(project / SETTINGS)
    return EMPTY | {name: told[name] for name in EMPTY if name in told}


def change(project: Path, **changes: Any) -> dict[str, Any]:
    """Write some of them anew, and return all."""
    with _lock:
        return _write(project, read(project) | changes)


def take_out(project: Path, path: str) -> None:
    """Add to the photos of a folder that are not wanted."""
    with _lock:
        told = read(project)
        _write(project, told | {"taken_out": [*told["taken_out"], path]})


def count_left_out(project: Path, kinds: dict[str, int]) -> None:
    """Add to what was left out of the photos, by kind."""
    if kinds:
        with _lock:
            told = read(project)
            before = dict(told["left_out"])
            counts = {kind: before.get(kind, 0) + count for kind, count in kinds.items()}
            _write(project, told | {"left_out": before | counts})


def _write(project: Path, told: dict[str, Any]) -> dict[str, Any]:
    try:
        objects.write(project / SETTINGS, told)
    except OSError as error:
        raise UserError(f"cannot write {project}: {error.strerror}; make room there") from None
    return told
