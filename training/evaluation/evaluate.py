"""Measure a generator: held-out outputs against their photos, and all outputs as a set."""

from pathlib import Path
from typing import Any

import numpy as np

from training import files, progress
from training.data.kinds import kinds_of
from training.errors import UserError
from training.evaluation import metrics
from training.evaluation.features import FeatureNetwork
from training.evaluation.generators import Generator, load_drawings
from training.evaluation.variety import mean_distance, variety
from training.networks.inputs import IMAGE_TO_IMAGE, Inputs, count_of
from training.runs import sheets
from training.size import sides, size_of, to_json, with_short_side

THUMBNAIL = 64  # px of the shorter side: shape and colour are left, texture is not
HELD_OUT, SAMPLES = "held-out", "samples"


def report(
    generator: Path,
    /,
    *,
    name: str | None = None,
    data: Path | None = None,
    drawings: Path | None = None,
    features: Path | None = None,
    kinds: Path | None = None,
    limit: int | None = None,
    json: Path | None = None,
) -> None:
    """Measure a generator: L1, PSNR and SSIM on held-out pairs, KID where features are given.

    Prints a table, at full size and as 64 px thumbnails. KID is also given as a share: of the
    outputs to real photos, over that of the inputs, or of pictures of noise where it takes noise.

    Args:
        generator: Run folder, or an exported .tflite file that takes pictures.
        name: Which of a run's generators, where it has several; the first by default.
        data: Dataset folder or name to measure on, instead of the one that a run was trained on.
        drawings: Folder of drawings that belong to no photo, to measure KID on as well.
        features: Feature network (.tflite) that KID compares pictures by.
        kinds: Table (.csv) of photo files and what they show: answers of several looks to a drawing
            are then compared with how different photos of one kind are, and not any two.
        limit: Measure the first so many held-out pairs only.
        json: File to write the measures to as well.

    Raises:
        UserError: as `evaluate` does, and when `json` cannot be written.
    """
    # Minutes of work should not end at a folder that is not there.
    if json and not json.parent.is_dir():
        raise UserError(f"cannot write {json}: there is no folder {json.parent}")
    opened = Generator.open(generator, name)
    measured = evaluate(
        opened, data=data, drawings=drawings, features=features, kinds=kinds, limit=limit
    )
    print(table(measured))
    progress.tell("measured", measures=measured["measures"])
    if json:
        files.write_json(json, measured)


def evaluate(
    generator: Generator,
    *,
    data: Path | None = None,
    drawings: Path | None = None,
    features: Path | None = None,
    kinds: Path | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Generate a picture of every held-out input and every drawing, and measure them.

    Args:
        generator: what to measure.
        data: a dataset folder other than the one the generator was trained on.
        drawings: a folder of pictures to generate from that have no photo of their own.
        features: a `.tflite` feature network (see `FeatureNetwork`); without it there is no KID.
        kinds: a table of what photos show (see `kinds_of`), for `spread`.
        limit: read and measure the first so many held-out pairs only.

    Returns:
        `generator`, `data` and `features` by name, and `measures`: one row for full size and one
        for thumbnails of each set of inputs (see `measure`, `kernel_distances`, and of looks
        `variety`), ready for `json.dump`.

    Raises:
        UserError: no held-out pairs, too few pictures for KID, drawings without features, or
            `features` is no feature network.
    """
    if limit is not None and limit < 1:
        raise UserError(f"expected a limit of 1 pair or more, got {limit}")
    if drawings and not features:
        raise UserError("drawings have no photos of their own: measuring them takes --features")
    if kinds and not (features and generator.look):
        raise UserError("--kinds takes --features, and a generator with looks")
    from_pictures = generator.task == IMAGE_TO_IMAGE
    if drawings and not from_pictures:
        raise UserError(f"{generator.name} takes noise, not --drawings")
    network = FeatureNetwork(features) if features else None
    dataset = generator.dataset(data)
    # Cut before anything is copied: the rest stays on the disk.
    pictures, photos = (column[:limit] for column in generator.held_out(dataset))
    if from_pictures:
        sets: dict[str, Inputs] = {HELD_OUT: generator.with_looks(pictures)}
    else:
        sets = {SAMPLES: generator.inputs(dataset, len(photos))}
    if drawings:
        sets["drawings"] = generator.with_looks(load_drawings(drawings, generator.size))
    for name, inputs in sets.items():
        if network and count_of(inputs) < 2:
            raise UserError(f"KID compares sets: expected 2 or more {name} inputs, got 1")
    sizes = [generator.size]
    if min(sides(generator.size)) > THUMBNAIL:
        sizes.append(with_short_side(generator.size, THUMBNAIL))
    photos = sheets.to_rgb(photos)
    real = {size: sheets.resize(photos, size) for size in sizes}
    seen = {size: network(real[size]) for size in sizes} if network else {}
    of_kinds = kinds_of(dataset.folder, kinds)[:limit] if kinds else ()
    apart = mean_distance(seen[generator.size], of_kinds) if network and generator.look else None
    rows = []
    for name, inputs in sets.items():
        outputs = generator(inputs)
        shown = sheets.to_rgb(inputs["sketch"]) if from_pictures else _noise(outputs.shape)
        for size in sizes:
            given, generated = sheets.resize(shown, size), sheets.resize(outputs, size)
            belong = name == HELD_OUT and dataset.paired
            row = measure(name, generated, real[size] if belong else None)
            if network:
                row |= kernel_distances(network(given), network(generated), seen[size])
            if generator.look and size == generator.size:
                row |= variety(generator, inputs["sketch"], apart, network)
            rows.append(row)
    return {
        "generator": generator.name,
        "data": dataset.name,
        "features": Path(features).name if features else None,
        "measures": rows,
    }


def how_near(generator: Generator, limit: int = 64) -> dict[str, Any] | None:
    """Measure how near pictures of held-out inputs are to their photos, and the inputs are.

    Gives a row as `measure` does, with `l1_inputs` and `ssim_inputs` of the inputs themselves; None
    where none are held out, or belong together, or noise is what it takes.
    """
    dataset = generator.dataset(None)
    if generator.task != IMAGE_TO_IMAGE or not dataset.paired or not len(dataset.test):
        return None
    columns = generator.held_out(dataset)
    pictures, photos = (sheets.evenly_spaced(column, limit) for column in columns)
    photos = sheets.to_rgb(photos)
    near = measure(HELD_OUT, generator({"sketch": pictures}), photos)
    before = measure(HELD_OUT, sheets.to_rgb(pictures), photos)
    return near | {f"{key}_inputs": before[key] for key in ("l1", "ssim")}


def told_nearness(near: dict[str, Any]) -> str:
    """Say what `how_near` measured in a line."""
    pairs = "pair" if near["pictures"] == 1 else "pairs"
    return (
        f"{near['pictures']} held-out {pairs}: {near['l1']:.1f} of 255 from the photo "
        f"({near['l1_inputs']:.1f} the inputs themselves), SSIM {near['ssim']:.2f} "
        f"({near['ssim_inputs']:.2f})"
    )


def _noise(shape: tuple[int, ...]) -> np.ndarray:
    """What a generator that takes noise improves on: pictures of nothing but noise."""
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def measure(name: str, outputs: np.ndarray, photos: np.ndarray | None = None) -> dict[str, Any]:
    """Measure outputs against the photos that they belong to, where they belong to any.

    Both are uint8 [N, H, W, 3], in the same order. The row holds `inputs` (their name),
    `pictures`, `size`, and with photos the means of `l1`, `psnr` and `ssim`.
    """
    size = to_json(size_of(outputs.shape[2], outputs.shape[1]))
    row: dict[str, Any] = {"inputs": name, "pictures": len(outputs), "size": size}
    if photos is not None:
        row |= {
            "l1": float(metrics.l1(outputs, photos).mean()),
            "psnr": float(metrics.psnr(outputs, photos).mean()),
            "ssim": float(metrics.ssim(outputs, photos).mean()),
        }
    return row


def kernel_distances(inputs: np.ndarray, outputs: np.ndarray, photos: np.ndarray) -> dict[str, Any]:
    """KID of outputs and of inputs to photos, from features [N, D], and the first as a share.

    Gives `kid` and `kid_deviation` of the outputs to the photos, `kid_inputs` of the inputs to
    the photos, and `kid_share`, the first over the last: 1 is no better than the input, 0 is a
    photo. The three need not be equally many, nor belong together. The share is None where the
    inputs are as near as photos already: of nothing there is no share.
    """
    distance, deviation = metrics.kid(outputs, photos)
    of_inputs, _ = metrics.kid(inputs, photos)
    return {
        "kid": distance,
        "kid_deviation": deviation,
        "kid_inputs": of_inputs,
        "kid_share": distance / of_inputs if of_inputs > 0 else None,
    }


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
    "spread": ("spread of looks", "{:.3f}"),
    "moved": ("moved", "{:.3f}"),
}


def table(measured: dict[str, Any]) -> str:
    """The rows of `evaluate` as a Markdown table, which also reads well in a terminal."""
    columns = [key for key in COLUMNS if key in measured["measures"][0]]
    lines = [[COLUMNS[key][0] for key in columns]]
    lines += [
        ["-" if row.get(key) is None else COLUMNS[key][1].format(row[key]) for key in columns]
        for row in measured["measures"]
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * (width - 1) + ":" for width in widths])
    return "\n".join(
        "| " + " | ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
