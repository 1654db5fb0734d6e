"""Measure a run on held-out pairs: each output against its photo, and all against all photos."""

from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from tqdm import tqdm

from training import files, metrics, sheets
from training.datasets import Dataset
from training.errors import UserError
from training.features import FeatureNetwork
from training.runs import Run, load_generator

THUMBNAIL = 64  # px: shape and colour are left, texture is not
BATCH = 8


def report(
    run: Path,
    /,
    *,
    data: Path | None = None,
    features: Path | None = None,
    limit: int | None = None,
    json: Path | None = None,
) -> None:
    """Measure a run on held-out pairs: L1, PSNR, SSIM, and KID where features are given.

    Prints a table, at full size and as 64 px thumbnails. KID is also given as a share: of the
    outputs to real photos, over that of the inputs.

    Args:
        run: Run folder, from `python -m training fit`.
        data: Dataset folder to measure on, instead of the one that the run was trained on.
        features: Feature network (.tflite) that KID compares pictures by.
        limit: Measure the first so many held-out pairs only.
        json: File to write the measures to as well.

    Raises:
        UserError: as `evaluate` does, and when `json` cannot be written.
    """
    # Minutes of drawing should not end at a folder that is not there.
    if json and not json.parent.is_dir():
        raise UserError(f"cannot write {json}: there is no folder {json.parent}")
    measured = evaluate(Run.open(run), data=data, features=features, limit=limit)
    print(table(measured))
    if json:
        files.write_json(json, measured)


def evaluate(
    run: Run,
    *,
    data: Path | None = None,
    features: Path | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Draw every held-out input with the run's generator, and measure the outputs.

    Args:
        run: a trained run.
        data: a dataset folder other than the one the run was trained on.
        features: a `.tflite` feature network (see `FeatureNetwork`); without it there is no KID.
        limit: take the first so many held-out pairs only.

    Returns:
        `run`, `data` and `features` by name, and `measures`: one row for full size and one for
        thumbnails (see `measure`), ready for `json.dump`.

    Raises:
        UserError: no held-out pairs, too few of them, or `features` is no feature network.
    """
    if limit is not None and limit < 1:
        raise UserError(f"expected a limit of 1 pair or more, got {limit}")
    network = FeatureNetwork(features) if features else None
    dataset = Dataset.open(Path(data or run.config["data"]["folder"]), run.config["size"])
    inputs, photos = (pictures[:limit] for pictures in dataset.test.load())
    if network and len(inputs) < 2:
        raise UserError(f"KID compares sets: expected 2 held-out pairs or more, got {len(inputs)}")
    outputs = draw(load_generator(run), inputs)
    rows = [measure("held-out", inputs, outputs, photos, network)]
    if dataset.size > THUMBNAIL:
        inputs, outputs, photos = (thumbnails(each) for each in (inputs, outputs, photos))
        rows.append(measure("held-out", inputs, outputs, photos, network))
    return {
        "run": run.folder.resolve().name,
        "data": dataset.name,
        "features": Path(features).name if features else None,
        "measures": rows,
    }


def draw(generator: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """Run a generator on uint8 [N, S, S, 3], showing a bar; returns uint8 [N, S, S, 3]."""
    starts = tqdm(range(0, len(inputs), BATCH), desc="Drawing", unit="batch")
    return np.concatenate(
        [sheets.draw(generator, inputs[start : start + BATCH], BATCH) for start in starts]
    )


def measure(
    name: str,
    inputs: np.ndarray,
    outputs: np.ndarray,
    photos: np.ndarray,
    network: FeatureNetwork | None = None,
) -> dict[str, Any]:
    """Measure outputs against the photos they belong to, and against photos as a set.

    All three are uint8 [N, S, S, 3], in the same order. The row holds `inputs` (their name),
    `pictures`, `size`, and the means of `l1`, `psnr` and `ssim`; with a feature network `kid`
    and `kid_deviation` of the outputs to the photos, `kid_inputs` of the inputs to the photos,
    and `kid_share`, the first over the last: 1 is no better than the input, 0 is a photo.
    """
    row: dict[str, Any] = {"inputs": name, "pictures": len(inputs), "size": inputs.shape[1]}
    row |= {
        "l1": float(metrics.l1(outputs, photos).mean()),
        "psnr": float(metrics.psnr(outputs, photos).mean()),
        "ssim": float(metrics.ssim(outputs, photos).mean()),
    }
    if network:
        row |= kernel_distances(*(network(pictures) for pictures in (inputs, outputs, photos)))
    return row


def kernel_distances(inputs: np.ndarray, outputs: np.ndarray, photos: np.ndarray) -> dict[str, Any]:
    """KID of outputs and of inputs to photos, from features [N, D], and the first as a share.

    The three need not be equally many, nor belong together. The share is None where the inputs
    are as near as photos already: of nothing there is no share.
    """
    distance, deviation = metrics.kid(outputs, photos)
    of_inputs, _ = metrics.kid(inputs, photos)
    return {
        "kid": distance,
        "kid_deviation": deviation,
        "kid_inputs": of_inputs,
        "kid_share": distance / of_inputs if of_inputs > 0 else None,
    }


def thumbnails(pictures: np.ndarray) -> np.ndarray:
    """Shrink uint8 [N, S, S, 3] to uint8 [N, 64, 64, 3], each pixel the mean of its area."""
    size = (THUMBNAIL, THUMBNAIL)
    return np.stack([cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in pictures])


COLUMNS = {
    "inputs": ("inputs", "{}"),
    "pictures": ("pictures", "{}"),
    "size": ("px", "{}"),
    "l1": ("L1 (of 255)", "{:.2f}"),
    "psnr": ("PSNR (dB)", "{:.2f}"),
    "ssim": ("SSIM", "{:.3f}"),
    "kid": ("KID", "{:.4g}"),
    "kid_inputs": ("KID of inputs", "{:.4g}"),
    "kid_share": ("share", "{:.3f}"),
}


def table(measured: dict[str, Any]) -> str:
    """The rows of `evaluate` as a Markdown table, which also reads well in a terminal."""
    columns = [key for key in COLUMNS if key in measured["measures"][0]]
    lines = [[COLUMNS[key][0] for key in columns]]
    lines += [
        ["-" if row[key] is None else COLUMNS[key][1].format(row[key]) for key in columns]
        for row in measured["measures"]
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * (width - 1) + ":" for width in widths])
    return "\n".join(
        "| " + " | ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
