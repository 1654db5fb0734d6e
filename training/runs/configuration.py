"""Compare configurations: whether a training goes on as it began, and on every machine the same."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.errors import UserError
from training.options import AS_BEFORE

# Where a thing lies and what is said of it may change; its checksum beside tells what it is.
WHEREABOUTS = ("folder", "name", "learned_from")


def identity(path: Path, weights: Path) -> dict[str, str]:
    """Tell what is at `path` by its name and by the SHA-256 of `weights`, the file that is read.

    Raises:
        UserError: there is no such file.
    """
    if not weights.is_file():
        raise UserError(f"expected trained weights at {path}, found no file at {weights}")
    return {"name": path.resolve().name, "sha256": sha256(weights)}


def differences(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield `name: was old, now new` for every entry in which two configurations differ."""
    for name in sorted(old.keys() | new.keys()):
        before, now = old.get(name, AS_BEFORE.get(name)), new.get(name)
        if prefix and name in WHEREABOUTS:
            continue
        if isinstance(before, dict) and isinstance(now, dict):
            yield from differences(before, now, f"{prefix}{name}.")
        elif isinstance(before, str) and isinstance(now, dict) and before == now.get("name"):
            continue  # Earlier versions knew weights by name only.
        elif before != now and (name in old or now):  # What is new since then may be off.
            yield f"{prefix}{name}: was {before!r}, now {now!r}"


def digest(config: dict[str, Any]) -> bytes:
    """SHA-256 of all that `differences` compares."""

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: told(part) for name, part in value.items() if name not in WHEREABOUTS}
        return value

    facts = {name: told(part) for name, part in config.items() if name != "schema"}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).digest()


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
