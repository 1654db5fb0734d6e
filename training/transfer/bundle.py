"""Read a bundle, whoever made it: its card, and those files that are what the card says of them.

Nothing in a card is believed before it is checked. A path may not lead out of the bundle, neither
by its name nor by a link; a file has the size and the SHA-256 that the card gives.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from training.errors import UserError

NAME = "card.json"
SCHEMA = 1
LARGEST_CARD = 1_000_000  # bytes; those that ship have 5,000
SIZES = range(8, 4097)  # px


@dataclass(frozen=True)
class Bundle:
    """A folder with a card, which has at least `task`, `size`, `files` and `training`."""

    folder: Path
    card: dict[str, Any]

    @property
    def size(self) -> int:
        """Side of its pictures in px."""
        return int(self.card["size"])

    @property
    def files(self) -> list[str]:
        """Keys of the files that it has, such as `tflite-int8`."""
        return list(self.card["files"])

    def path(self, told: object) -> Path:
        """Where a path of the card leads, a file or a folder of the bundle.

        Raises:
            UserError: nowhere, or out of the bundle.
        """
        root = self.folder.resolve()
        plain = isinstance(told, str) and not set(told) & {"\\", "\0"}
        parts = PurePosixPath(str(told)).parts if plain else ()
        if not parts or parts[0] == "/" or ".." in parts:
            raise UserError(f"{self.folder / NAME} names {told!r}; expected a path in the bundle")
        path = self.folder.joinpath(*parts)
        inside = [path, *(path.rglob("*") if path.is_dir() else ())]
        if not all(each.resolve().is_relative_to(root) for each in inside):
            raise UserError(f"{path} is a link that leads out of the bundle")
        if not path.exists():
            raise UserError(f"{path} is missing: {NAME} names it; get the bundle again")
        return path

    def file(self, key: str) -> Path:
        """Where one of its files is, or the folder of several, once it is what the card describes.

        Raises:
            UserError: it is not, or as `path` does.
        """
        entry = self.card["files"][key]
        path = self.path(entry["path"])
        found = fingerprint(path)
        if found != {name: entry.get(name) for name in found}:
            raise UserError(f"{path} is not what the card describes; get the bundle again")
        return path


def read_bundle(folder: Path) -> Bundle:
    """Read and check the card of a bundle; its files are checked when they are asked for.

    Raises:
        UserError: there is no card, or none of this schema.
    """
    path = folder / NAME
    try:
        if path.stat().st_size > LARGEST_CARD:
            raise UserError(f"{path} is larger than any card: refused")
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{folder} is no bundle: {path} cannot be read ({error})") from None
    if not isinstance(card, dict) or card.get("schema") != SCHEMA:
        raise UserError(f"{path}: expected a card of schema {SCHEMA}")
    size, files = card.get("size"), card.get("files")
    complete = (
        isinstance(card.get("task"), str)
        and isinstance(size, int)
        and size in SIZES
        and isinstance(card.get("training"), dict)
        and isinstance(files, dict)
        and all(isinstance(entry, dict) and "path" in entry for entry in files.values())
    )
    if not complete:
        raise UserError(f"{path} is incomplete: expected task, size, files and training")
    return Bundle(folder, card)


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
