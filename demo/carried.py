"""What of a bundle goes with a copy of it: its card, and the files that the copy's user runs."""

from collections.abc import Collection
from typing import Any


def trim(card: dict[str, Any], formats: Collection[str]) -> None:
    """Take out of a card, as JSON gives it, what it tells of files of other formats."""
    for part in parts(card):
        kept = [name for name in formats if name in part["files"]]
        for key in ("files", "parity", "latency"):
            part[key] = {name: part[key][name] for name in kept if name in part.get(key, {})}


def parts(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a card tells of each size: itself, and the entries of its `sizes`."""
    return [card, *card.get("sizes", ())]


def pictures(card: dict[str, Any]) -> list[str]:
    """Return the paths of the examples, and of the known answers with their drawings."""
    checks = [part.get("check", {}) for part in parts(card)]
    known = [check[key] for check in checks for key in ("answer", "drawing") if key in check]
    return list(dict.fromkeys([*known, *card.get("examples", ())]))
