"""Objects of JSON in files: read whatever is there, and written whole or not at all."""

import json
import os
import time
from pathlib import Path
from typing import Any


def read(path: Path) -> dict[str, Any]:
    """Read one; empty where there is none, or it is damaged."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def training(place: Path) -> dict[str, Any]:
    """Read what the card in a run's or a bundle's folder says of its training."""
    told = read(place / "card.json").get("training")
    return told if isinstance(told, dict) else {}


def number(told: dict[str, Any], name: str) -> float:
    """A number of an object; 0 where it has none of this name."""
    value = told.get(name)
    return value if isinstance(value, int | float) else 0


def write(path: Path, told: dict[str, Any]) -> None:
    """Write one beside its place, and rename it. Raises `OSError`, and leaves nothing then."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        beside.write_text(json.dumps(told), encoding="utf-8")
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
