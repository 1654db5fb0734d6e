"""Complete a bundle: make from its float file what it does not have yet, and the page."""

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import keras

from export.bundle import CHECK, EXAMPLES, OURS, add_file, finish, write_check
from export.formats import FORMATS, PICTURES, chosen
from export.inputs import Inputs
from export.parity import check
from export.replace import replacing
from export.serving import in_keras
from training.errors import UserError
from training.evaluation.generators import load_drawings
from training.recipes import recipe_from
from training.transfer.bundle import NAME, Bundle, read_bundle
from training.transfer.tflite_weights import FLOAT, read_weights


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
    if "check" in card:
        _check_known_answer(opened)
    paths = {key: opened.file(key) for key in opened.files}
    if card["task"] != PICTURES:
        return _copy_latent(opened, paths, bundle, formats)
    missing = [key for key in chosen(formats, card["task"]) if key not in card["files"]]
    if "tflite-int8" in missing:
        raise UserError(f"{source} has no int8 file, and only a run has sketches to calibrate one")
    float_key = next((key for key in FLOAT if key in card["files"]), "")
    if not float_key and (missing or "check" not in card):
        raise UserError(f"{source} has no float16 or float32 file to make others of")
    folders = [source / name for name in (EXAMPLES, CHECK) if (source / name).is_dir()]
    if not folders:
        raise UserError(f"{source} has no {EXAMPLES}/ to compare files on; export it from its run")
    drawings: Inputs = {"sketch": load_drawings(folders[0], card["size"])}
    with replacing(bundle, NAME, OURS) as folder:
        for path in paths.values():
            _copy(path, folder / path.relative_to(source))
        for drawn in folders:
            _copy(drawn, folder / drawn.name)
        if missing or "check" not in card:
            keras.config.set_dtype_policy("float32")
            generator = recipe_from(card["training"]).build_generator(opened.size, seed=0)
            read_weights(paths[float_key], generator)
            reference = in_keras(generator, drawings)
            # Weights that draw something else in the network of this version are refused.
            kind, outcome = FORMATS[float_key], FORMATS[float_key].run(paths[float_key], drawings)
            check(str(paths[float_key]), outcome.photos, reference, kind.floor)
            if "check" not in card:
                card["check"] = write_check(folder, drawings, reference)
            for key in missing:
                add_file(card, key, folder, generator, {}, drawings, reference)
        finish(card, folder, source, web="web" in formats)
    return card


def _copy_latent(
    opened: Bundle, paths: dict[str, Path], bundle: Path, formats: Collection[str]
) -> dict[str, Any]:
    """Copy a bundle that noise comes into, and lay the page beside it if asked."""
    card, source = opened.card, opened.folder
    named = chosen(set(formats) - {"web"}, card["task"])
    missing = [key for key in named if key not in paths]
    if missing or not any(key.startswith("tflite-") for key in paths):
        lacking = ", ".join(missing) or "TFLite file"
        raise UserError(f"{source} has no {lacking}, and only a run can be exported to one")
    if "check" not in card:
        raise UserError(f"{source} has no known answer to try it on; export it from its run")
    with replacing(bundle, NAME, OURS) as folder:
        for path in paths.values():
            _copy(path, folder / path.relative_to(source))
        _copy(opened.path(CHECK), folder / CHECK)
        finish(card, folder, source, web="web" in formats)
    return card


def _check_known_answer(opened: Bundle) -> None:
    """Refuse a card whose known answer lies elsewhere than in the folder that is copied."""
    known = opened.card["check"]
    told = [known.get(name) for name in ("answer", "drawing")] if isinstance(known, dict) else []
    paths = [opened.path(path) for path in told if path is not None]
    if not paths or any(path.parent != opened.folder / CHECK for path in paths):
        raise UserError(f"{opened.folder / NAME}: expected a known answer in {CHECK}/")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
