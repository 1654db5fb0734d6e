"""Read what a command tells of itself: the lines that it appends to its `--progress` file.

What the events are is said in `training/progress.py`. A reader takes what it finds: a line that a
crash cut short, or that nobody here knows, is passed over.
"""

import json
from pathlib import Path
from typing import Any

TAIL = 65_536  # Bytes: some hundred lines, the last step and how it ended among them.

Event = dict[str, Any]


def read(path: Path, start: int = 0) -> tuple[list[Event], int]:
    """Read the events from byte `start` on, and where to go on reading: after the last whole line.

    Of a file that is not there, none.
    """
    try:
        with open(path, "rb") as file:
            file.seek(start)
            content = file.read()
    except FileNotFoundError:
        return [], start
    whole = content[: content.rfind(b"\n") + 1]
    return _events(whole), start + len(whole)


def latest(path: Path) -> dict[str, Event]:
    """Read the newest events of the last command in a file, by name: its step, say, and its end."""
    size = path.stat().st_size if path.exists() else 0
    events, _ = read(path, max(0, size - TAIL))
    found: dict[str, Event] = {}
    for event in events:
        if event["event"] == "begin":
            found = {}
        found[event["event"]] = event
    return found


def _events(content: bytes) -> list[Event]:
    events = []
    for line in content.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            events.append(event)
    return events
