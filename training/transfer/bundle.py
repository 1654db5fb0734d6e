"""Read a bundle: its card.json, and the files that the card names, each checked before use.

A bundle may come from anybody. Nothing in it is believed: a path stays inside the folder, and a
file has the size and the SHA-256 that the card says. No Keras here: export/benchmark.py measures
the memory of processes that import this.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import UserError
from training.size import Size, from_json, sides, told

CARD = "card.json"
SCHEMA = 1
LARGEST_CARD = 1_000_000  # Bytes: those that we write have some 5,000.
TYPES = {"name": str, "task": str, "training": dict}
SIDES = range(8, 4097)  # Pixels a side, as the demo takes them.
MOST_SIZES = 16
# What a card says of its own size, and each entry of its `sizes` of another one.
OF_A_SIZE = ("size", "inputs", "outputs", "check", "files", "parity", "latency")


@dataclass(frozen=True)
class Bundle:
    """A folder and its card, as `read_bundle` checked it."""

    folder: Path
    card: dict[str, Any]

    def file(self, key: str) -> Path:
        """The file or folder of a format that the card has, such as `tflite-float16`.

        Raises:
            UserError: it lies outside of the bundle, is missing, or is not what the card says.
        """
        entry = self.card["files"][key]
        path = self.path(entry.get("path"))
        found = fingerprint(path)
        if any(entry.get(name) != value for name, value in found.items()):
            raise UserError(
                f"{path} is not what the card describes: expected {entry.get('bytes')!r} bytes, "
                f"sha256 {entry.get('sha256')!r}; found {found['bytes']}, {found['sha256']!r}"
            )
        return path

    def of_each_size(self) -> list["Bundle"]:
        """The bundle as it would be of each of its sizes alone, its own size first."""
        own = {key: value for key, value in self.card.items() if key in OF_A_SIZE}
        common = {key: value for key, value in self.card.items() if key not in (*own, "sizes")}
        return [Bundle(self.folder, common | part) for part in (own, *self.card.get("sizes", ()))]

    def path(self, name: Any) -> Path:
        """The file or folder of this name, as the card gives it: relative, with slashes.

        Raises:
            UserError: it is missing, or it or anything in it lies outside of the bundle.
        """
        root = self.folder.resolve()
        if not isinstance(name, str) or not _is_inside(name):
            raise UserError(f"{self.folder / CARD} names a file outside of the bundle: {name!r}")
        path = self.folder / name
        try:
            inside = list(path.rglob("*"))
            for each in (path, *inside):
                if not each.resolve(strict=True).is_relative_to(root):
                    raise UserError(f"{each} is a link that leads out of the bundle")
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle.
            reason = getattr(error, "strerror", None) or error
            raise UserError(f"{path} cannot be read ({reason}); get the bundle again") from None
        if any(each.is_symlink() and each.is_dir() for each in inside):
            raise UserError(f"{path} has folders that are links, which a copy could go round in")
        if not (path.is_file() or path.is_dir()):
            raise UserError(f"{path} is neither a file nor a folder; get the bundle again")
        return path


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle's card; its files are checked when they are asked for.

    The card then has a `name`, `task`, `size`, `files` and `training`, of their types; `check`
    and `examples`, where it has them, name pictures in the bundle, and `parity` and `latency`
    hold numbers. The same is so in each entry of `sizes`, if it has any.

    Raises:
        UserError: there is no card, or it is not one of ours.
    """
    path = folder / CARD
    try:
        with open(path, "rb") as file:
            text = file.read(LARGEST_CARD + 1)
        if len(text) > LARGEST_CARD:
            raise ValueError(f"it has more than {LARGEST_CARD} bytes")
        card = json.loads(text)
        if not isinstance(card, dict) or card.get("schema") != SCHEMA:
            raise ValueError(f"expected schema {SCHEMA}")
        _check_types(card)
        json.dumps(card, ensure_ascii=False, allow_nan=False).encode()  # As it is written again.
    except OSError as error:
        raise UserError(f"{folder} is no bundle: {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{folder} is no bundle: {path}: {error}") from None
    bundle = Bundle(folder, card)
    known = [name for each in bundle.of_each_size() for name in known_pictures(each.card)]
    for name in (*known, *card.get("examples", ())):
        bundle.path(name)
    return bundle


def known_pictures(card: dict[str, Any]) -> list[Any]:
    """Names of the pictures of a card's known answer: the answer, and the drawing if there is one.

    They are as the card gives them: `Bundle.path` checks them.
    """
    known = card.get("check", {})
    return [known[each] for each in ("answer", "drawing") if each in known]


def sources(card: dict[str, Any]) -> list[dict[str, str]]:
    """What a generator has learned from: `name` and `licence` of its data, and of earlier ones.

    Earlier is what it began with. Each once; `unknown` for what a card does not say.
    """
    training = card.get("training")
    start = training.get("start") if isinstance(training, dict) else None
    earlier = start.get("learned_from") if isinstance(start, dict) else None
    found = [card.get("data"), *(earlier if isinstance(earlier, list) else ())]
    told = [each if isinstance(each, dict) else {} for each in found]
    named = [{key: str(each.get(key, "unknown")) for key in ("name", "licence")} for each in told]
    return [each for place, each in enumerate(named) if each not in named[:place]]


def fingerprint(path: Path) -> dict[str, Any]:
    """`bytes` and `sha256` of a file, or of a folder.

    A folder's hash is that of the lines "<relative path> <sha256 of the file>\\n", sorted by path.
    """
    if path.is_file():
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": path.stat().st_size, "sha256": digest}
    inside = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
    prints = {name: fingerprint(path / name) for name in inside}
    lines = "".join(f"{name} {print_['sha256']}\n" for name, print_ in prints.items())
    return {
        "bytes": sum(print_["bytes"] for print_ in prints.values()),
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }


def _is_inside(name: str) -> bool:
    """Tell whether a name stays in its folder, however the system writes paths."""
    parts = name.split("/")
    plain = name.isprintable() and not set("\\:") & set(name)
    return plain and not {"", ".", ".."} & set(parts)


def _check_types(card: dict[str, Any]) -> None:
    """Raise `ValueError` unless what we read of a card has its types."""
    for key, kind in TYPES.items():
        if not isinstance(card.get(key), kind):
            raise ValueError(f"expected {key} to be a {kind.__name__}, got {card.get(key)!r:.60}")
    if not isinstance(card.get("examples", []), list):
        raise ValueError("expected examples to be a list")
    others = card.get("sizes", [])
    if not isinstance(others, list) or len(others) >= MOST_SIZES:
        raise ValueError(f"expected sizes to be a list of less than {MOST_SIZES}")
    if any(not isinstance(other, dict) or set(other) - set(OF_A_SIZE) for other in others):
        raise ValueError(f"expected an entry of sizes to have {', '.join(OF_A_SIZE)}")
    found = [_checked_size(part) for part in (card, *others)]
    if len(set(found)) < len(found):
        raise ValueError("expected sizes that all differ")


def _checked_size(part: dict[str, Any]) -> Size:
    """Check what a card, or an entry of its `sizes`, says of one size, and return that."""
    size = from_json(part.get("size"))
    if any(side not in SIDES for side in sides(size)):
        raise ValueError(f"expected a size of 8 to 4096 px, got {told(size)}")
    for key in ("parity", "latency"):
        part.setdefault(key, {})
    for key in ("files", "parity", "latency"):
        entries = part.get(key)
        if not isinstance(entries, dict) or any(
            not isinstance(entry, dict) for entry in entries.values()
        ):
            raise ValueError(f"expected {key} to have an entry a file")
    for key, number in [("parity", "psnr"), ("latency", "milliseconds"), ("latency", "threads")]:
        for entry in part[key].values():
            if not isinstance(entry.get(number), int | float):
                raise ValueError(f"expected {number} in {key} to be a number")
    if not isinstance(part.get("check", {}), dict):
        raise ValueError("expected check to be a dict")
    return size
