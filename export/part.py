"""What a bundle has of one size: its files, each compared with Keras, and a known drawing."""

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from export.formats import FORMATS
from export.parity import check
from export.serving import in_keras
from export.tfjs import Unchecked
from training.data.photos import to_size
from training.errors import UserError
from training.library_output import shown_on_failure
from training.networks.inputs import IMAGE_TO_IMAGE, Inputs
from training.networks.resized import picture_size
from training.progress import Bar, warn
from training.size import SIZE, Size, sides, told
from training.transfer.bundle import fingerprint

CHECK = "check"  # Folder of the known drawing and its answer.
STEP, LARGEST = 64, 2048  # px: every network of ours can draw what has sides of these.


def checked_sizes(sizes: Collection[Size], task: str, own: Size) -> list[Size]:
    """The sizes to write, each once: its own where none are named.

    Raises:
        UserError: one that no network of ours can draw, or several of what is drawn from noise.
    """
    for size in sizes:
        fits = all(side % STEP == 0 and side <= LARGEST for side in sides(size))
        if size != own and not fits:
            raise UserError(
                f"--size {told(size)}: expected width and height to be multiples of {STEP} px, "
                f"{LARGEST} at most"
            )
        if size != own and task != IMAGE_TO_IMAGE:
            raise UserError(
                f"--size is for what draws pictures of pictures ({IMAGE_TO_IMAGE}); what draws "
                f"them of noise has the one size that it was trained at, {told(own)}"
            )
    return list(dict.fromkeys(sizes)) or [own]


def folders_of_sizes(bundle: Path) -> set[str]:
    """Names of the folders in a bundle that hold its other sizes."""
    names = {path.name for path in bundle.iterdir()} if bundle.is_dir() else set()
    return {name for name in names if SIZE.fullmatch(name)}


def fitted(inputs: Inputs, size: Size) -> Inputs:
    """Inputs with their drawings at a size: the middle that has the shape, enlarged or reduced."""
    if "sketch" not in inputs or inputs["sketch"].shape[1:3] == sides(size):
        return inputs
    sketches = [to_size(Image.fromarray(each), size) for each in inputs["sketch"]]
    return {**inputs, "sketch": np.stack(sketches)}


def write_part(
    part: dict[str, Any],
    place: str,
    folder: Path,
    formats: Collection[str],
    generator: keras.Model,
    calibration: Inputs,
    inputs: Inputs,
    known: "Inputs | None" = None,
) -> None:
    """Write the files of one size, run and check each, and enter them in its part of the card.

    Args:
        part: the card, or an entry of its `sizes`.
        place: the folder in the bundle where they lie, empty or with a slash at its end.
        folder: the bundle's.
        formats: keys of `FORMATS`.
        generator: of the part's size.
        calibration: inputs of any size, for int8.
        inputs: what every file is compared on, likewise.
        known: what the known drawing is chosen from, where that is not one of the inputs.
    """
    size = picture_size(generator)
    calibration, inputs = fitted(calibration, size), fitted(inputs, size)
    (folder / place).mkdir(exist_ok=True)
    reference = in_keras(generator, inputs)
    shown, answers = inputs, reference
    if known is not None:
        shown = fitted(known, size)
        answers = in_keras(generator, shown)
    part["check"] = write_check(folder, place, shown, answers)
    keys = [key for key in FORMATS if key in formats]
    steps = Bar(keys, step="convert", unit="file", leave=False)
    for key in steps:
        steps.set_description(f"{place}{key}")
        add_file(part, key, place, folder, generator, calibration, inputs, reference)


def write_check(folder: Path, place: str, inputs: Inputs, reference: np.ndarray) -> dict[str, Any]:
    """Write known inputs and what Keras makes of them, for clients to try an engine on."""
    shown, told = 0, {"answer": f"{place}{CHECK}/answer.png"}
    pictures = {}
    if "sketch" in inputs:
        # Of those at hand, the one that is painted most: an empty canvas would prove little.
        sketches = inputs["sketch"]
        painted = sketches.reshape(len(sketches), -1).astype(np.uint32).sum(axis=1)
        shown = int(painted.argmax())
        told["drawing"] = f"{place}{CHECK}/drawing.png"
        pictures["drawing"] = sketches[shown]
    pictures["answer"] = np.clip(np.rint(reference[shown]), 0, 255).astype(np.uint8)
    (folder / place / CHECK).mkdir()
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / told[name], optimize=True)
    given = {name: x[shown].tolist() for name, x in inputs.items() if name != "sketch"}
    if "look" in given:
        given["look"] = inputs["look"][shown].ravel().tolist()
    return {**told, **given, "psnr": min(kind.floor for kind in FORMATS.values())}


def add_file(
    part: dict[str, Any],
    key: str,
    place: str,
    folder: Path,
    generator: keras.Model,
    calibration: Inputs,
    inputs: Inputs,
    reference: np.ndarray,
) -> None:
    """Write one file into `folder`, run it, and enter it in its part of the card."""
    kind = FORMATS[key]
    name = f"{place}{kind.path}"
    path = folder / name
    with shown_on_failure(f"converting to {key}"):
        kind.write(generator, calibration, path)
    part["files"][key] = {"path": name, **fingerprint(path), "dtype": kind.dtype}
    try:
        with shown_on_failure(f"running {name}", (Unchecked,)):
            outcome = kind.run(path, inputs)
    except Unchecked as reason:
        warn(f"{name} is written but was not compared with Keras: {reason}")
        return
    parity = check(name, outcome.photos, reference, kind.floor)
    part["parity"][key] = {k: round(v, 3) for k, v in asdict(parity).items()}
    part["latency"][key] = {
        "milliseconds": round(outcome.milliseconds, 2),
        "threads": outcome.threads,
    }
