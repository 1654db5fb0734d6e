"""The bundle and its card.json: the only code that writes them.

A bundle appears whole or not at all: it is written beside its place, checked, and renamed.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image
from tqdm import tqdm

from export import page
from export.card import NAME, bundle_name, empty_card, fingerprint
from export.formats import FORMATS
from export.parity import check
from export.replace import replacing
from export.serving import in_keras
from export.tfjs import Unchecked
from training.datasets import Dataset
from training.errors import UserError
from training.quiet import shown_on_failure
from training.runs import Run, load_generator

DRAWINGS = 32  # Held-out sketches that every file is compared on.
CALIBRATION = 200  # Training sketches that int8 reads its ranges from.
CHECK = "check"  # Folder of the known drawing and its answer.
EXAMPLES = "examples"  # Folder of drawings to start from, which a bundle may bring.
OURS = {NAME, CHECK, *page.NAMES, *(kind.path for kind in FORMATS.values())}


def export_bundle(
    run: Run,
    bundle: Path,
    formats: Sequence[str] = tuple(FORMATS),
    data: Path | None = None,
    name: str | None = None,
    web: bool = False,
) -> dict[str, Any]:
    """Export a run's generator in every format asked for, and return the bundle's card.

    Args:
        run: a finished or half-finished run with a `generator.weights.h5`.
        bundle: the folder to write. A bundle that is there is replaced, if all goes well;
            files in it that no export writes (a sheet of drawings, say) are kept.
        formats: keys of `FORMATS`.
        data: dataset folder to draw on; the run's own by default.
        name: the bundle's name; that of its folder by default.
        web: lay the page that runs the bundle in a browser beside its files.

    Raises:
        UserError: the run, the dataset or the folder cannot be used, or a conversion failed.
        Drift: a file does not draw what the generator draws. Nothing is written then.
    """
    about = {**run.card, "name": bundle_name(bundle, name)}
    # Whatever precision it was trained in: a notebook may still be in mixed_bfloat16.
    keras.config.set_dtype_policy("float32")
    generator = load_generator(run)
    folder = Path(data or run.config["data"]["folder"])
    if data is None and not folder.is_dir():
        raise UserError(f"the dataset of this run, {folder}, is not there: name it with --data")
    dataset = Dataset.open(folder, run.config["size"])
    held_out = dataset.test
    if not len(held_out):
        _warn(f"{dataset.folder} has no test pairs, so files are compared on training sketches")
        held_out = dataset.train
    return write_bundle(
        generator,
        bundle,
        formats,
        calibration=spread(dataset.train.load()[0], CALIBRATION),
        drawings=spread(held_out.load()[0], DRAWINGS),
        about=about,
        web=web,
    )


def write_bundle(
    generator: keras.Model,
    bundle: Path,
    formats: Sequence[str],
    calibration: np.ndarray,
    drawings: np.ndarray,
    about: dict[str, Any],
    web: bool = False,
) -> dict[str, Any]:
    """Write, run and check every file of a generator of pictures from pictures.

    Args:
        generator: functional model, float32 [B, S, S, 3] in [-1, 1] on both sides.
        bundle: the folder to write or replace.
        formats: keys of `FORMATS`.
        calibration: uint8 [N, S, S, 3], training sketches.
        drawings: uint8 [M, S, S, 3], held-out sketches.
        about: the card's `name`, `training`, `data` and, if the run has one, `canvas`.
        web: lay the page beside the files.

    Returns:
        The card, as written. Raises as `export_bundle` does.
    """
    if keras.config.backend() != "tensorflow":
        raise UserError(
            f"export runs on TensorFlow, but Keras was loaded with {keras.config.backend()}: "
            f"set KERAS_BACKEND=tensorflow (a run trained on JAX is fine)"
        )
    if "tflite-int8" in formats and len(calibration) < CALIBRATION:
        few = f"only {len(calibration)} training sketches to calibrate int8 on"
        _warn(f"{few}; {CALIBRATION} are better")
    card = empty_card(generator.input_shape[1], about)
    with replacing(bundle, NAME, OURS) as folder:
        reference = in_keras(generator, drawings)
        card["check"] = write_check(folder, drawings, reference)
        steps = tqdm([key for key in FORMATS if key in formats], unit="file", leave=False)
        for key in steps:
            steps.set_description(key)
            add_file(card, key, folder, generator, calibration, drawings, reference)
        finish(card, folder, bundle, web)
    return card


def finish(card: dict[str, Any], folder: Path, bundle: Path, web: bool) -> None:
    """Write the card, which names the examples that the bundle brings, and the page if asked."""
    examples = sorted((bundle / EXAMPLES).glob("*.png"))
    card["examples"] = [f"{EXAMPLES}/{path.name}" for path in examples]
    text = json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")
    if web:
        page.write(folder)


def write_check(folder: Path, drawings: np.ndarray, reference: np.ndarray) -> dict[str, Any]:
    """Write a known drawing and what Keras makes of it, for clients to try an engine on."""
    # Of those at hand, the one that is painted most: an empty canvas would prove little.
    shown = int(drawings.reshape(len(drawings), -1).astype(np.uint32).sum(axis=1).argmax())
    answer = np.clip(np.rint(reference[shown]), 0, 255).astype(np.uint8)
    pictures = {"drawing": drawings[shown], "answer": answer}
    (folder / CHECK).mkdir()
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / CHECK / f"{name}.png", optimize=True)
    paths = {name: f"{CHECK}/{name}.png" for name in pictures}
    return {**paths, "psnr": min(kind.floor for kind in FORMATS.values())}


def add_file(
    card: dict[str, Any],
    key: str,
    folder: Path,
    generator: keras.Model,
    calibration: np.ndarray,
    drawings: np.ndarray,
    reference: np.ndarray,
) -> None:
    """Write one file into `folder`, run it, and enter it in the card."""
    kind = FORMATS[key]
    path = folder / kind.path
    with shown_on_failure(f"converting to {key}"):
        kind.write(generator, calibration, path)
    card["files"][key] = {"path": kind.path, **fingerprint(path), "dtype": kind.dtype}
    try:
        with shown_on_failure(f"running {kind.path}", (Unchecked,)):
            outcome = kind.run(path, drawings)
    except Unchecked as reason:
        _warn(f"{kind.path} is written but was not compared with Keras: {reason}")
        return
    parity = check(kind.path, outcome.photos, reference, kind.floor)
    card["parity"][key] = {k: round(v, 3) for k, v in asdict(parity).items()}
    card["latency"][key] = {
        "milliseconds": round(outcome.milliseconds, 2),
        "threads": outcome.threads,
    }


def spread(sketches: np.ndarray, count: int) -> np.ndarray:
    """`count` of N sketches at even distances, the same ones every time; all if there are fewer."""
    rows = np.linspace(0, len(sketches) - 1, min(count, len(sketches))).round().astype(int)
    return np.asarray(sketches[rows])


def _warn(text: str) -> None:
    tqdm.write(f"warning: {text}", file=sys.stderr)
