"""Read a bundle's card: what a client needs to know before it loads a model.

Nothing in a bundle is trusted before it is checked: `card.json` says how many bytes and which
SHA-256 each file has, and the bytes that were hashed are the bytes that are run.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.looks import Looks, looks_of

SCHEMA = 1
# In the order of preference: the first one that a bundle has is the one that is run.
FORMATS = ("tflite-int8", "tflite-float16", "tflite-dynamic", "tflite-float32")

MAX_CARD = 2**20  # Bytes; those that ship have a few thousand.

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LABEL = re.compile(r"\S(.{0,38}\S)?")
_COLOR = re.compile(r"#[0-9a-f]{6}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class BundleFile:
    """One model file of a bundle, with what the card promises about it."""

    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Card:
    """What every bundle tells: pictures are `size` x `size` pixels.

    `files` holds the TFLite files that are present, in the order of `FORMATS`.
    """

    folder: Path
    name: str
    size: int
    files: dict[str, BundleFile]


@dataclass(frozen=True)
class SketchCard(Card):
    """A model that turns a drawing of `size` x `size` pixels into a picture.

    `background` and the palette's colours are "#rrggbb"; `brush` is a width in pixels of a drawing.
    `doodles` says that it learned from sketches, and not from another kind of picture. `looks` is
    what it takes beside a drawing, if anything.
    """

    doodles: bool
    background: str
    palette: tuple[tuple[str, str], ...]
    brush: int
    looks: Looks | None


@dataclass(frozen=True)
class LatentCard(Card):
    """A model that turns `latent` normal numbers, and a label if it has any, into a picture."""

    latent: int
    labels: tuple[str, ...]


def load_card(folder: str | Path) -> SketchCard | LatentCard:
    """Read and check a bundle's `card.json`.

    Raises `UserError` when it is missing or broken, is of a schema or task that this program does
    not know, contradicts itself, or names a file that is missing, has another size, or lies outside
    of the bundle.
    """
    folder = Path(folder).resolve()
    path = folder / "card.json"
    try:
        with path.open("rb") as file:
            content = file.read(MAX_CARD + 1)
    except OSError:
        raise UserError(f"{folder} is not a bundle: expected a readable card.json in it") from None
    if len(content) > MAX_CARD:
        raise UserError(f"{path} is no card: it has more than {MAX_CARD} bytes")
    try:
        card = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not JSON ({error}); export the bundle again") from None
    if not isinstance(card, dict) or card.get("schema") != SCHEMA:
        raise UserError(f"{path}: expected schema {SCHEMA}; this program reads no other")
    try:
        match card["task"]:
            case "image-to-image":
                return _sketch_card(folder, card)
            case "label-to-image" | "noise-to-image":
                return _latent_card(folder, card)
    except UserError:
        raise
    except (LookupError, TypeError, AttributeError, OSError, ValueError) as error:
        raise UserError(f"{path} is incomplete ({error}); export the bundle again") from None
    raise UserError(
        f"{path}: expected the task image-to-image, label-to-image or noise-to-image, "
        f"got {card['task']!r}"
    )


def read_model(file: BundleFile) -> bytes:
    """Return a file's bytes. Raises `UserError` where they are not those of the card."""
    model = file.path.read_bytes()
    if hashlib.sha256(model).hexdigest() != file.sha256:
        raise UserError(
            f"{file.path} was altered: its sha256 is not the card's; get the bundle again"
        )
    return model


def _sketch_card(folder: Path, card: dict[str, Any]) -> SketchCard:
    canvas, common, looks = card["canvas"], _common(folder, card), looks_of(card)
    shape = [1, common["size"], common["size"], 3]
    sketch = {"name": "sketch", "shape": shape, "dtype": "float32", "range": [0, 255]}
    look = {"name": "look", "shape": [1, 1, 1, len(looks.names)]} if looks else {}
    if len(card["inputs"]) > 1 or looks:
        _tensors(card, "inputs", [sketch, look])
    return SketchCard(
        **common,
        doodles=card["data"].get("sketch", "given") != "given",
        background=_matching(_COLOR, canvas["background"].lower(), "a colour #rrggbb"),
        palette=tuple(
            (str(item["name"]), _matching(_COLOR, item["color"].lower(), "a colour #rrggbb"))
            for item in canvas["palette"]
        ),
        brush=_whole(canvas["brush"], 1, 512, "brush"),
        looks=looks,
    )


def _latent_card(folder: Path, card: dict[str, Any]) -> LatentCard:
    common = _common(folder, card)
    labels = _labels(card)
    latent = _whole(card["inputs"][-1]["shape"][1], 1, 4096, "numbers of noise")
    noise = {"name": "noise", "shape": [1, latent], "dtype": "float32", "distribution": "normal"}
    label = {"name": "label", "shape": [1], "dtype": "int32", "range": [0, len(labels) - 1]}
    shape = [1, common["size"], common["size"], 3]
    photo = {"name": "photo", "shape": shape, "dtype": "float32", "range": [0, 255]}
    _tensors(card, "inputs", [label, noise] if labels else [noise])
    _tensors(card, "outputs", [photo])
    return LatentCard(**common, latent=latent, labels=labels)


def _common(folder: Path, card: dict[str, Any]) -> dict[str, Any]:
    files = {name: _file(folder, card["files"][name]) for name in FORMATS if name in card["files"]}
    if not files:
        raise UserError(f"{folder} has no TFLite file; export it with --formats tflite-float16")
    return {
        "folder": folder,
        "name": _matching(_NAME, card["name"], "a name of a-z, 0-9, - and _"),
        "size": _whole(card["size"], 8, 4096, "size"),
        "files": files,
    }


def _labels(card: dict[str, Any]) -> tuple[str, ...]:
    labels = card["labels"]
    if not isinstance(labels, list) or len(labels) > 1000:
        raise UserError("card.json: expected a list of at most 1000 labels")
    labels = [_matching(_LABEL, label, "a label of 1 to 40 letters") for label in labels]
    if len(set(labels)) < len(labels):
        raise UserError("card.json: expected labels that all differ")
    if bool(labels) != (card["task"] == "label-to-image"):
        raise UserError(f"card.json: a {card['task']} model with {len(labels)} labels")
    return tuple(labels)


def _tensors(card: dict[str, Any], side: str, expected: list[dict[str, Any]]) -> None:
    """Refuse a card whose `inputs` or `outputs` are not those; it may tell more of each."""
    fits = len(card[side]) == len(expected) and all(
        {key: told.get(key) for key in wanted} == wanted
        for told, wanted in zip(card[side], expected, strict=True)
    )
    if not fits:
        raise UserError(f"card.json: expected the {side} {json.dumps(expected)}")


def _file(folder: Path, entry: dict[str, Any]) -> BundleFile:
    path = (folder / entry["path"]).resolve()
    if not path.is_relative_to(folder):
        raise UserError(f"card.json of {folder} names a file outside of it: {entry['path']}")
    if not path.is_file():
        raise UserError(f"{path} is missing: card.json names it; get the bundle again")
    size = path.stat().st_size
    if size != entry["bytes"]:
        raise UserError(
            f"{path} was altered: expected {entry['bytes']} bytes, got {size}; get the bundle again"
        )
    return BundleFile(path, size, _matching(_SHA256, entry["sha256"], "a sha256"))


def _matching(pattern: re.Pattern[str], value: str, expected: str) -> str:
    if not pattern.fullmatch(value) or not value.isprintable():  # No half of a character, too.
        raise UserError(f"card.json: expected {expected}, got {value!r}")
    return value


def _whole(value: object, low: int, high: int, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UserError(f"card.json: expected {name} from {low} to {high}, got {value!r}")
    return value
