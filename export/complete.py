"""Complete a bundle: make from its float file what it does not have yet, and the page."""

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import keras

from export import readme
from export.bundle import CHECK, EXAMPLES, add_file, finish, ours_in, write_check
from export.formats import FORMATS, chosen
from export.parity import check
from export.replace import replacing
from export.serving import in_keras
from training.errors import UserError
from training.evaluation.generators import load_drawings
from training.networks.inputs import IMAGE_TO_IMAGE, TASKS
from training.runs.samples import with_looks
from training.transfer.bundle import CARD, Bundle, known_pictures, read_bundle
from training.transfer.tflite_weights import float_format, generator_of_bundle


def complete_bundle(source: Path, bundle: Path, formats: Collection[str]) -> dict[str, Any]:
    """Copy a bundle to `bundle`, with what it lacks of `formats` (as `export_bundle` takes them).

    Files that are there are copied as they are. The others are made of the weights in its float
    file, and compared with Keras on the drawings in its `examples/` and `check/`. Where noise comes
    in there are none to make: the page runs what is there.

    Returns:
        The card, as written.

    Raises:
        UserError: the source is damaged, has no float file or no drawing, or an int8 file is
            missing, which only a run's own sketches can calibrate; or noise comes in and a file
            that was named is missing, or every TFLite file is.
        Drift: as `export_bundle`.
    """
    opened = read_bundle(source)
    card = opened.card
    if card["task"] not in TASKS:
        raise UserError(f"{source / CARD}: expected a task of {', '.join(TASKS)}; get it again")
    every = [opened.file(key) for key in card["files"]]
    every += [opened.path(name) for name in known_pictures(card)]
    every += [opened.path(readme.SAMPLES)] if (source / readme.SAMPLES).is_file() else []
    if card["task"] != IMAGE_TO_IMAGE:
        return _copy_latent(opened, every, bundle, formats)
    missing = [key for key in chosen(formats, card["task"]) if key not in card["files"]]
    if "tflite-int8" in missing:
        raise UserError(f"{source} has no int8 file, and only a run has sketches to calibrate one")
    float_key = float_format(opened) if missing or "check" not in card else ""
    folders = [opened.path(name) for name in (EXAMPLES, CHECK) if (source / name).is_dir()]
    if not folders:
        raise UserError(f"{source} has no {EXAMPLES}/ to compare files on; export it from its run")
    drawings = load_drawings(folders[0], card["size"])
    inputs = with_looks(drawings, len(card["look"]["names"]) if "look" in card else 0)
    with replacing(bundle, CARD, ours_in(bundle)) as folder:
        _copy_all(every, source, folder)
        if (source / EXAMPLES).is_dir():
            shutil.copytree(source / EXAMPLES, folder / EXAMPLES)
        if float_key:
            keras.config.set_dtype_policy("float32")
            generator = generator_of_bundle(opened)
            reference = in_keras(generator, inputs)
            # Weights may make another picture in the network of this version.
            kind, path = FORMATS[float_key], opened.file(float_key)
            try:
                outcome = kind.run(path, inputs)
            except (ValueError, RuntimeError, KeyError) as error:  # The interpreter's.
                reason = " ".join(str(error).split())
                raise UserError(f"{path} cannot be run as a TFLite file: {reason}") from None
            check(str(path), outcome.photos, reference, kind.floor)
            if "check" not in card:
                card["check"] = write_check(folder, inputs, reference)
            if folders[0].name == EXAMPLES:
                readme.write_samples(folder, inputs, reference)
            for key in missing:
                add_file(card, key, folder, generator, {}, inputs, reference)
        finish(card, folder, source, bundle, web="web" in formats)
    return card


def _copy_latent(
    source: Bundle, every: list[Path], bundle: Path, formats: Collection[str]
) -> dict[str, Any]:
    """Copy a bundle that noise comes into, and lay the page beside it if asked."""
    card = source.card
    named = chosen(set(formats) - {"web"}, card["task"])
    missing = [key for key in named if key not in card["files"]]
    if missing or not any(key.startswith("tflite-") for key in card["files"]):
        lacking = ", ".join(missing) or "TFLite file"
        raise UserError(f"{source.folder} has no {lacking}, and only a run can be exported to one")
    if "check" not in card:
        raise UserError(f"{source.folder} has no known answer to try it on; export it from its run")
    with replacing(bundle, CARD, ours_in(bundle)) as folder:
        _copy_all(every, source.folder, folder)
        finish(card, folder, source.folder, bundle, web="web" in formats)
    return card


def _copy_all(every: list[Path], source: Path, folder: Path) -> None:
    """Copy files and folders of `source` to the same places in `folder`."""
    for path in every:
        place = folder / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if path.is_dir() else shutil.copyfile
        copy(path, place)
