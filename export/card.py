"""The parts of a bundle's card.json: all that a client has to read."""

import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from export.formats import FORMATS
from training.errors import UserError
from training.networks.inputs import IMAGE_TO_IMAGE, LABEL_TO_IMAGE, look_of, names_of, task_of
from training.networks.resized import picture_size
from training.size import Size, sides, to_json
from training.transfer.bundle import SCHEMA

CONVERTERS = ("tensorflow", "keras", "ai-edge-litert", "tensorflowjs", "tf2onnx", "onnxruntime")


def bundle_name(folder: Path, name: str | None) -> str:
    """Check `name`, or make one of the folder's: what goes into an address and a file name.

    Raises `UserError` for a name given with other characters than a-z, 0-9, - and _.
    """
    if name is None:
        made = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:64]
        return made or "bundle"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        raise UserError(f"expected a name of a-z, 0-9, - and _, at most 64 long; got {name!r}")
    return name


def parsed_look(text: str, look: dict[str, Any] | None) -> list[int]:
    """Bytes of a look: numbers with commas between them, or a name in a card's `look`.

    Raises `UserError` for another number of bytes, or a name that is not there, or no `look`.
    """
    if look is None:
        raise UserError("--look is for a run that was trained with --look")
    palette = {each["name"]: each["look"] for each in look["palette"]}
    if text in palette:
        return palette[text]
    names = look["names"]
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{1,3})*", text):
        code = [int(part) for part in text.split(",")]
        if len(code) == len(names) and max(code) < 256:
            return code
    raise UserError(
        f"--look {text}: expected {len(names)} numbers of 0 to 255 with commas between them, for "
        f"{', '.join(names)}; or one of {', '.join(palette)}"
    )


def empty_card(generator: keras.Model, about: dict[str, Any]) -> dict[str, Any]:
    """A card with no files yet, of a generator's bundle.

    `about` gives `name`, `training`, `data` and, if there are any, `title`, `author`, `labels` and
    `look`; and `canvas` where there is something to draw.
    """
    task = task_of(generator)
    labels = about["labels"] if task == LABEL_TO_IMAGE else []
    part = empty_part(generator, labels)
    tensors = {key: part.pop(key) for key in ("size", "inputs", "outputs")}
    return {
        "schema": SCHEMA,
        "name": about["name"],
        **{word: about[word] for word in ("title", "author") if word in about},
        "task": task,
        **tensors,
        **({"canvas": about["canvas"]} if task == IMAGE_TO_IMAGE else {}),
        **({"look": about["look"]} if look_of(generator) else {}),
        "labels": labels,
        **part,
        "training": about["training"],
        "data": about["data"],
        # Latencies say nothing without the machine, nor files without their converter.
        "export": {
            "processor": _processor(),
            "versions": {package: version(package) for package in CONVERTERS},
        },
    }


def empty_part(generator: keras.Model, labels: Sequence[str]) -> dict[str, Any]:
    """What a card says of the size of a generator's pictures, with no files yet."""
    size = picture_size(generator)
    return {
        "size": to_json(size),
        "inputs": _inputs(generator, size, len(labels)),
        "outputs": [_pixels("photo", size)],
        "files": {},
        "parity": {},
        "latency": {},
    }


def measured(card: dict[str, Any]) -> list[dict[str, Any]]:
    """What was measured of each file: `format`, `path`, `bytes`, `milliseconds`, `threads`, `psnr`.

    Of a bundle's own size first. The last three are None where a file could not be run.
    """
    rows = []
    for part in (card, *card.get("sizes", ())):
        for key in (key for key in FORMATS if key in part["files"]):
            file, latency, parity = (
                part[entry].get(key) or {} for entry in ("files", "latency", "parity")
            )
            rows.append(
                {
                    "format": key,
                    "path": file["path"],
                    "bytes": file["bytes"],
                    "milliseconds": latency.get("milliseconds"),
                    "threads": latency.get("threads"),
                    "psnr": parity.get("psnr"),
                }
            )
    return rows


def table(card: dict[str, Any]) -> str:
    """One line a file: path, size, milliseconds for one picture, PSNR against Keras."""
    rows = [("file", "MB", "ms", "threads", "PSNR")]
    for file in measured(card):
        timed, compared = file["milliseconds"] is not None, file["psnr"] is not None
        rows.append(
            (
                file["path"],
                f"{file['bytes'] / 1e6:.2f}",
                f"{file['milliseconds']:.1f}" if timed else "-",
                f"{file['threads']}" if timed else "-",
                f"{file['psnr']:.1f} dB" if compared else "not compared",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        row[0].ljust(widths[0])
        + "".join("  " + cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    )


def _inputs(generator: keras.Model, size: Size, labels: int) -> list[dict[str, Any]]:
    entries = {
        "sketch": _pixels("sketch", size),
        "label": {"name": "label", "shape": [1], "dtype": "int32", "range": [0, labels - 1]},
        "noise": {"name": "noise", "dtype": "float32", "distribution": "normal"},
    }
    if look := look_of(generator):
        entries["look"] = _pixels("look", 1) | {"shape": [1, 1, 1, look]}
    if "noise" in names_of(generator):
        entries["noise"]["shape"] = [1, generator.inputs[-1].shape[1]]
    return [entries[name] for name in names_of(generator)]


def _pixels(name: str, size: Size) -> dict[str, Any]:
    shape = [1, *sides(size), 3]
    return {"name": name, "shape": shape, "dtype": "float32", "range": [0, 255]}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
