"""Read a bundle's card: what a client needs to know before it loads a model.

Nothing in a bundle is trusted before it is checked: `card.json` says how many bytes and which
SHA-256 each file has, and the bytes that were hashed are the bytes that are run.
"""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.looks import Looks, looks_of
from demo.sizes import Size, read_size, sides_of, told

SCHEMA = 1
# In the order of preference: the first one that a bundle has is the one that is run.
FORMATS = ("tflite-int8", "tflite-float16", "tflite-dynamic", "tflite-float32")

MOST_SIZES = 16
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
    """What every bundle tells: pictures have so many pixels.

    `files` holds the TFLite files that are present, in the order of `FORMATS`.
    """

    folder: Path
    name: str
    size: Size
    files: dict[str, BundleFile]

    @property
    def of_each_size(self) -> tuple["Card", ...]:
        """This card, and those of the same model at other sizes."""
        return (self,)


@dataclass(frozen=True)
class SketchCard(Card):
    """A model that turns a drawing into a picture of its size.

    `background` and the palette's colours are "#rrggbb"; `brush` is a width in pixels of a drawing.
    `doodles` says that it learned from sketches, and not from another kind of picture. `looks` is
    what it takes beside a drawing, if anything. `others` are the cards of the same model at the
    other sizes that the bundle has files of.
    """

    doodles: bool
    background: str
    palette: tuple[tuple[str, str], ...]
    brush: int
    looks: Looks | None
    others: tuple["SketchCard", ...] = ()

    @property
    def of_each_size(self) -> tuple["SketchCard", ...]:
        """This card, and those of the same model at other sizes."""
        return (self, *self.others)


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
    if len(card["inputs"]) > 1 or looks:
        _pictures(card, common["size"], looks)
    own = SketchCard(
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
    return replace(own, others=_others(own, card))


def _others(own: SketchCard, card: dict[str, Any]) -> tuple[SketchCard, ...]:
    """Read the entries of `sizes`: each tells of another size what the card does of its own."""
    entries = card.get("sizes", [])
    if not isinstance(entries, list) or len(entries) >= MOST_SIZES:
        raise UserError(f"card.json: expected a list of less than {MOST_SIZES} sizes")
    others = []
    for entry in entries:
        size = read_size(entry["size"])
        _pictures(entry, size, own.looks)
        others.append(replace(own, size=size, files=_files(own.folder, entry)))
    sizes = [told(each.size) for each in (own, *others)]
    if len(set(sizes)) < len(sizes):
        raise UserError(f"card.json: expected sizes that all differ, got {', '.join(sizes)}")
    return tuple(others)


def _pictures(part: dict[str, Any], size: Size, looks: Looks | None) -> None:
    """Refuse what tells of other tensors than a drawing and a picture of this size, and a look."""
    pixels = {"shape": [1, *sides_of(size), 3], "dtype": "float32", "range": [0, 255]}
    look = [{"name": "look", "shape": [1, 1, 1, len(looks.names)]}] if looks else []
    _tensors(part, "inputs", [{"name": "sketch", **pixels}, *look])
    _tensors(part, "outputs", [{"name": "photo", **pixels}])


def _latent_card(folder: Path, card: dict[str, Any]) -> LatentCard:
    common = _common(folder, card)
    labels = _labels(card)
    latent = _whole(card["inputs"][-1]["shape"][1], 1, 4096, "numbers of noise")
    noise = {"name": "noise", "shape": [1, latent], "dtype": "float32", "distribution": "normal"}
    label = {"name": "label", "shape": [1], "dtype": "int32", "range": [0, len(labels) - 1]}
    shape = [1, *sides_of(common["size"]), 3]
    photo = {"name": "photo", "shape": shape, "dtype": "float32", "range": [0, 255]}
    _tensors(card, "inputs", [label, noise] if labels else [noise])
    _tensors(card, "outputs", [photo])
    return LatentCard(**common, latent=latent, labels=labels)


def _common(folder: Path, card: dict[str, Any]) -> dict[str, Any]:
    return {
        "folder": folder,
        "name": _matching(_NAME, card["name"], "a name of a-z, 0-9, - and _"),
        "size": read_size(card["size"]),
        "files": _files(folder, card),
    }


def _files(folder: Path, part: dict[str, Any]) -> dict[str, BundleFile]:
    files = {name: _file(folder, part["files"][name]) for name in FORMATS if name in part["files"]}
    if not files:
        raise UserError(f"{folder} has no TFLite file; export it with --formats tflite-float16")
    return files


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
