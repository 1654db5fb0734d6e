"""Read a bundle: its card, and its generator as a callable from pixels to pixels.

Nothing in a bundle is trusted before it is checked: `card.json` says how many bytes and which
SHA-256 each file has, and the bytes that were hashed are the bytes that are run.
"""

import hashlib
import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from demo.errors import UserError

SCHEMA = 1
TASK = "image-to-image"
# In the order of preference: the first one that a bundle has is the one that is run.
FORMATS = ("tflite-int8", "tflite-float16", "tflite-dynamic", "tflite-float32")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
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
    """What a client needs to know of a bundle.

    `background` and the palette's colours are "#rrggbb"; `brush` is a width in pixels of a drawing
    of `size` x `size`; `files` holds the TFLite files that are present, in the order of `FORMATS`.
    """

    folder: Path
    name: str
    size: int
    background: str
    palette: tuple[tuple[str, str], ...]
    brush: int
    files: dict[str, BundleFile]


class Generator:
    """A TFLite model that turns a drawing into a picture; safe to call from several threads.

    Drawing and picture are uint8 `[size, size, 3]`, RGB, 0..255.
    """

    def __init__(self, model: bytes, size: int, threads: int = 2) -> None:
        """Raise `ValueError` for bytes that are no model, or a model of another shape."""
        self._interpreter = Interpreter(model_content=model, num_threads=threads)
        self._interpreter.allocate_tensors()
        (self._input,) = self._interpreter.get_input_details()
        (self._output,) = self._interpreter.get_output_details()
        for tensor in (self._input, self._output):
            shape, dtype = tuple(tensor["shape"]), tensor["dtype"]
            if shape != (1, size, size, 3) or dtype not in (np.uint8, np.float32):
                raise ValueError(f"a tensor is {dtype.__name__} {list(shape)}")
        self._size = size
        self._lock = threading.Lock()  # An interpreter has one set of tensors.

    def __call__(self, drawing: np.ndarray) -> np.ndarray:
        """Return the picture of `drawing`, both uint8 `[size, size, 3]`.

        Raises `ValueError` for another shape or dtype.
        """
        if drawing.shape != (self._size, self._size, 3) or drawing.dtype != np.uint8:
            raise ValueError(
                f"expected uint8 [{self._size}, {self._size}, 3], "
                f"got {drawing.dtype} {list(drawing.shape)}"
            )
        with self._lock:
            self._interpreter.set_tensor(self._input["index"], _to_tensor(drawing, self._input))
            self._interpreter.invoke()
            return _to_pixels(self._interpreter.get_tensor(self._output["index"]), self._output)


def load_card(folder: str | Path) -> Card:
    """Read and check a bundle's `card.json`.

    Raises `UserError` when it is missing or broken, is of a schema or task that this program does
    not know, or names a file that is missing, has another size, or lies outside of the bundle.
    """
    folder = Path(folder).resolve()
    path = folder / "card.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise UserError(f"{folder} is not a bundle: expected a readable card.json in it") from None
    except ValueError as error:
        raise UserError(f"{path} is not JSON ({error}); export the bundle again") from None
    if not isinstance(card, dict) or card.get("schema") != SCHEMA:
        raise UserError(f"{path}: expected schema {SCHEMA}; this program reads no other")
    if card.get("task") != TASK:
        raise UserError(f"{path}: expected the task {TASK}, got {card.get('task')!r}")
    try:
        return _card(folder, card)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is incomplete ({error}); export the bundle again") from None


def load_generator(folder: str | Path, file: str = "tflite-int8", threads: int = 2) -> Generator:
    """Load one of a bundle's TFLite files, after checking its size and SHA-256.

    Raises `UserError` as `load_card` does, when the bundle has no such file, when its bytes are not
    those that the card describes, and when they are no model of the card's size.
    """
    card = load_card(folder)
    if file not in card.files:
        raise UserError(f"{card.name} has no {file}; it has {', '.join(card.files)}")
    entry = card.files[file]
    try:
        return Generator(read_model(entry), card.size, threads)
    except (ValueError, RuntimeError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{entry.path} is no image model of {card.size} px ({error})") from None


def read_model(file: BundleFile) -> bytes:
    """Return a file's bytes. Raises `UserError` where they are not those of the card."""
    model = file.path.read_bytes()
    if hashlib.sha256(model).hexdigest() != file.sha256:
        raise UserError(
            f"{file.path} was altered: its sha256 is not the card's; get the bundle again"
        )
    return model


def _card(folder: Path, card: dict[str, Any]) -> Card:
    canvas = card["canvas"]
    files = {name: _file(folder, card["files"][name]) for name in FORMATS if name in card["files"]}
    if not files:
        raise UserError(f"{folder} has no TFLite file; export it with --formats int8")
    return Card(
        folder=folder,
        name=_matching(_NAME, card["name"], "a name of a-z, 0-9, - and _"),
        size=_whole(card["size"], 8, 4096, "size"),
        background=_matching(_COLOR, canvas["background"].lower(), "a colour #rrggbb"),
        palette=tuple(
            (str(item["name"]), _matching(_COLOR, item["color"].lower(), "a colour #rrggbb"))
            for item in canvas["palette"]
        ),
        brush=_whole(canvas["brush"], 1, 512, "brush"),
        files=files,
    )


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
    if not pattern.fullmatch(value):
        raise UserError(f"card.json: expected {expected}, got {value!r}")
    return value


def _whole(value: object, low: int, high: int, name: str) -> int:
    if not isinstance(value, int) or not low <= value <= high:
        raise UserError(f"card.json: expected {name} from {low} to {high}, got {value!r}")
    return value


def _to_tensor(drawing: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    scale, zero = tensor["quantization"]  # (0.0, 0) where the tensor is float.
    if tensor["dtype"] == np.float32 or (scale, zero) == (1.0, 0):
        return drawing[None].astype(tensor["dtype"])
    return np.clip(np.rint(drawing[None] / scale + zero), 0, 255).astype(np.uint8)


def _to_pixels(value: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    scale, zero = tensor["quantization"]
    if tensor["dtype"] == np.uint8:
        if (scale, zero) == (1.0, 0):
            return value[0]
        value = (value.astype(np.float32) - zero) * scale
    return np.clip(np.rint(value[0]), 0, 255).astype(np.uint8)
