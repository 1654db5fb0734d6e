"""The bundle and its card.json: the only code that writes them.

A bundle appears whole or not at all: it is written beside its place, checked, and renamed.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from export import page, readme
from export.card import bundle_name, empty_card, empty_part, parsed_look
from export.formats import FORMATS, chosen
from export.palette import canvas_of
from export.part import CHECK, checked_sizes, fitted, folders_of_sizes, write_part
from export.replace import EXAMPLES, replacing
from training.data.datasets import Dataset
from training.data.known import SOURCES
from training.errors import UserError
from training.evaluation.generators import load_drawings
from training.networks.inputs import IMAGE_TO_IMAGE, Inputs, look_of
from training.networks.resized import picture_size, resized
from training.progress import warn
from training.recipes import recipe_from
from training.runs.folder import Run, load_generator
from training.runs.samples import sample_inputs, with_looks
from training.runs.sheets import evenly_spaced, to_rgb
from training.size import Size, told
from training.transfer.bundle import CARD
from training.transfer.looks import fold_look

COMPARED = 32  # Held-out sketches, or samples, that every file is compared on.
CALIBRATION = 200  # Training sketches that int8 reads its ranges from.
OURS = {
    *(CARD, CHECK, readme.SAMPLES, *page.NAMES, page.MODELS),
    *(kind.path for kind in FORMATS.values()),
}


def export_bundle(
    run: Run,
    bundle: Path,
    formats: Collection[str] = ("all",),
    data: Path | None = None,
    name: str | None = None,
    generator: str | None = None,
    look: str | None = None,
    sizes: Collection[Size] = (),
    words: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Export a run's generator in every format asked for, and return the bundle's card.

    Args:
        run: a finished or half-finished run with weights.
        bundle: the folder to write. A bundle that is there is replaced, if all goes well;
            files in it that no export writes (a sheet of drawings, say) are kept.
        formats: keys of `FORMATS`, `all`, or `web`: what the page in a browser takes, and the page.
        data: dataset folder or name to take pictures from; the run's own by default.
        name: the bundle's name; that of its folder by default.
        generator: which of the run's generators, where it has several; the first by default.
        look: what every picture is to look like, where the generator takes looks: bytes with
            commas between them, or a name in the card's palette. The files then take none.
        sizes: of pictures to write files for, where the generator is fully convolutional; that
            which it was trained at by default. The first is the bundle's own.
        words: what somebody says for the card: `title`, `author`, and `licence` of the photos.

    Raises:
        UserError: the run, the dataset or the folder cannot be used, or a conversion failed.
        Drift: a file does not generate what the generator does. Nothing is written then.
    """
    about = {**run.card, "name": bundle_name(bundle, name)}
    words = dict(words or {})
    if licence := words.pop("licence", None):
        about["data"] = {**about["data"], "licence": licence}
    about |= words
    about["training"] = {**about["training"], "size": run.config["size"]}
    # Whatever precision it was trained in: a notebook may still be in mixed_bfloat16.
    keras.config.set_dtype_policy("float32")
    recipe, network = recipe_from(run.config), load_generator(run, generator)
    sizes = checked_sizes(sizes, recipe.task, run.size)
    if look is not None:
        network = fold_look(network, parsed_look(look, about.get("look")))
    folder = Path(data or run.config["data"]["folder"])
    if recipe.task == IMAGE_TO_IMAGE:
        if data is None and not folder.is_dir() and str(folder) not in SOURCES:
            raise UserError(f"the dataset of this run, {folder}, is not there: name it with --data")
        column = recipe.shown[generator or next(iter(recipe.shown))]
        opened = recipe.open(folder, run.size)
        calibration, inputs = _pictures(opened, column, look_of(network))
        plants = bool(opened.info.get("plants", opened.sketch != "given"))
    else:
        plants, classes = False, len(about["labels"])
        inputs = calibration = sample_inputs(network, COMPARED, classes=classes)
    return write_bundle(
        network,
        bundle,
        chosen(formats, recipe.task),
        calibration=calibration,
        inputs=inputs,
        about=about,
        web="web" in formats,
        plants=plants,
        sizes=sizes,
    )


def _pictures(dataset: Dataset, column: int, look: int) -> tuple[Inputs, Inputs]:
    """Training sketches to calibrate by, and held-out ones to compare files on; with looks."""
    held_out = dataset.test
    if not len(held_out):
        warn(f"{dataset.folder} has no test pairs, so files are compared on training sketches")
        held_out = dataset.train
    counts = {CALIBRATION: dataset.train, COMPARED: held_out}
    calibration, inputs = (
        with_looks(to_rgb(evenly_spaced(split.load()[column], count)), look)
        for count, split in counts.items()
    )
    return calibration, inputs


def write_bundle(
    generator: keras.Model,
    bundle: Path,
    formats: Collection[str],
    calibration: Inputs,
    inputs: Inputs,
    about: dict[str, Any],
    web: bool = False,
    plants: bool = False,
    sizes: Collection[Size] = (),
) -> dict[str, Any]:
    """Write, run and check every file of a generator.

    Args:
        generator: functional model to pictures float32 [B, H, W, C] in [-1, 1], from the same,
            or from noise, or from labels and noise.
        bundle: the folder to write or replace.
        formats: keys of `FORMATS`.
        calibration: inputs like those trained on; only int8 files are calibrated.
        inputs: what every file is compared on.
        about: the card's `name`, `training`, `data` and, if there are any, `labels` and `look`; a
            `canvas` of its own, or else one in the colours of the sketches.
        web: lay the page beside the files.
        plants: whether sketches are of plants, for which there is a box of pens.
        sizes: to write; the generator's own by default.

    Returns:
        The card, as written. Raises as `export_bundle` does.
    """
    if keras.config.backend() != "tensorflow":
        raise UserError(
            f"export runs on TensorFlow, but Keras was loaded with {keras.config.backend()}: "
            f"set KERAS_BACKEND=tensorflow (a run trained on JAX is fine)"
        )
    if "tflite-int8" in formats and len(calibration["sketch"]) < CALIBRATION:
        few = f"only {len(calibration['sketch'])} training sketches to calibrate int8 on"
        warn(f"{few}; {CALIBRATION} are better")
    generators = [resized(generator, size) for size in sizes or [picture_size(generator)]]
    if "sketch" in inputs and "canvas" not in about:
        seen = {"sketch": np.concatenate([calibration["sketch"], inputs["sketch"]])}
        seen = fitted(seen, picture_size(generators[0]))
        about = {**about, "canvas": canvas_of(seen["sketch"], plants)}
    card = empty_card(generators[0], about)
    others = [empty_part(each, card["labels"]) for each in generators[1:]]
    if others:
        card["sizes"] = others
    if gone := sorted(folders_of_sizes(bundle) - {told(picture_size(x)) for x in generators[1:]}):
        warn(f"{bundle} had files of {', '.join(gone)} px, which go: to keep them, name all sizes")
    known = None
    if "sketch" in inputs and any((bundle / EXAMPLES).glob("*.png")):
        # Whoever gets the bundle sees these; a held-out picture may be somebody's photo.
        drawings = load_drawings(bundle / EXAMPLES, picture_size(generator))
        known = with_looks(drawings, look_of(generator))
    with replacing(bundle, CARD, ours_in(bundle)) as folder:
        for part, each in zip((card, *others), generators, strict=True):
            place = "" if part is card else f"{told(picture_size(each))}/"
            write_part(part, place, folder, formats, each, calibration, inputs, known)
        if known is not None or "sketch" not in inputs:  # Nobody's photos.
            readme.write_samples(folder, generators[0], inputs if known is None else known)
        finish(card, folder, bundle, bundle, web)
    return card


def ours_in(bundle: Path) -> set[str]:
    """What an export replaces in a bundle: its README only where an export wrote it."""
    readmes = {readme.README} if readme.is_ours(bundle) else set()
    return OURS | folders_of_sizes(bundle) | readmes


def finish(card: dict[str, Any], folder: Path, source: Path, bundle: Path, web: bool) -> None:
    """Write the card, which names the examples of `source`, the page if asked, and the README.

    `folder` is to take the place of `bundle`, and is made from `source`.
    """
    examples = sorted((source / EXAMPLES).glob("*.png"))
    card["examples"] = [f"{EXAMPLES}/{path.name}" for path in examples]
    text = json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")
    if web:
        page.write(folder)
    readme.write(folder, card, bundle, source)
