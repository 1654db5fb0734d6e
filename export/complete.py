"""Complete a bundle: make from its float file what it does not have yet, and the page."""

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import keras

from export import readme
from export.bundle import finish, ours_in
from export.card import empty_part
from export.formats import FORMATS, chosen
from export.parity import check
from export.part import CHECK, add_file, checked_sizes, fitted, write_check
from export.replace import EXAMPLES, replacing
from export.serving import in_keras
from training.errors import UserError
from training.evaluation.generators import load_drawings
from training.networks.inputs import IMAGE_TO_IMAGE, TASKS, Inputs
from training.networks.resized import resized
from training.progress import Bar
from training.runs.samples import with_looks
from training.size import Size, from_json, told
from training.transfer.bundle import CARD, Bundle, known_pictures, read_bundle
from training.transfer.tflite_weights import float_format, generator_of_bundle


def complete_bundle(
    source: Path, bundle: Path, formats: Collection[str], sizes: Collection[Size] = ()
) -> dict[str, Any]:
    """Copy a bundle to `bundle`, with what it lacks of `formats` (as `export_bundle` takes them).

    Files that are there are copied as they are. The others are made of the weights in its float
    file, and compared with Keras on the drawings in its `examples/` and `check/`. Where noise comes
    in there are none to make: the page runs what is there.

    Args:
        source: the bundle to copy.
        bundle: the folder to write, which may be the source.
        formats: what to have, of each size.
        sizes: of pictures to have, beside those that are there.

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
    there = opened.of_each_size()
    every = [each.file(key) for each in there for key in each.card["files"]]
    every += [opened.path(name) for each in there for name in known_pictures(each.card)]
    every += [opened.path(readme.SAMPLES)] if (source / readme.SAMPLES).is_file() else []
    own = from_json(card["size"])
    asked = checked_sizes(sizes, card["task"], own)
    if card["task"] != IMAGE_TO_IMAGE:
        return _copy_latent(opened, every, bundle, formats)
    wanted = chosen(formats, card["task"])
    known = {from_json(each.card["size"]) for each in there}
    new = [size for size in asked if size not in known]
    lacking = [key for each in there for key in wanted if key not in each.card["files"]]
    if "tflite-int8" in (*lacking, *(wanted if new else ())):
        raise UserError(
            f"{source} has no int8 file, and only a run has sketches to calibrate one: name other "
            f"--formats, or export its run"
        )
    float_key = float_format(opened) if lacking or new or "check" not in card else ""
    folders = [opened.path(name) for name in (EXAMPLES, CHECK) if (source / name).is_dir()]
    if not folders:
        raise UserError(f"{source} has no {EXAMPLES}/ to compare files on; export it from its run")
    drawings = load_drawings(folders[0], own)
    inputs = with_looks(drawings, len(card["look"]["names"]) if "look" in card else 0)
    with replacing(bundle, CARD, ours_in(bundle)) as folder:
        _copy_all(every, source, folder)
        if (source / EXAMPLES).is_dir():
            shutil.copytree(source / EXAMPLES, folder / EXAMPLES)
        if float_key:
            generator = _checked_generator(opened, float_key, inputs)
            if new:
                added = [empty_part(resized(generator, size), ()) for size in new]
                card["sizes"] = [*card.get("sizes", ()), *added]
            for part in (card, *card.get("sizes", ())):
                place = "" if part is card else f"{told(from_json(part['size']))}/"
                _complete(part, place, folder, wanted, generator, inputs)
            if folders[0].name == EXAMPLES:
                readme.write_samples(folder, generator, inputs)
        finish(card, folder, source, bundle, web="web" in formats)
    return card


def _checked_generator(opened: Bundle, key: str, inputs: Inputs) -> keras.Model:
    """The network of a bundle, checked to make what its float file makes of the inputs.

    Weights may make another picture in the network of this version.
    """
    keras.config.set_dtype_policy("float32")
    generator = generator_of_bundle(opened)
    kind, path = FORMATS[key], opened.file(key)
    try:
        outcome = kind.run(path, inputs)
    except (ValueError, RuntimeError, KeyError) as error:  # The interpreter's.
        reason = " ".join(str(error).split())
        raise UserError(f"{path} cannot be run as a TFLite file: {reason}") from None
    check(str(path), outcome.photos, in_keras(generator, inputs), kind.floor)
    return generator


def _complete(
    part: dict[str, Any],
    place: str,
    folder: Path,
    wanted: Collection[str],
    generator: keras.Model,
    inputs: Inputs,
) -> None:
    """Write what a part of the card lacks: of the formats that are wanted, and a known answer."""
    missing = [key for key in wanted if key not in part["files"]]
    if not missing and "check" in part:
        return
    size = from_json(part["size"])
    (folder / place).mkdir(exist_ok=True)
    generator, inputs = resized(generator, size), fitted(inputs, size)
    reference = in_keras(generator, inputs)
    if "check" not in part:
        part["check"] = write_check(folder, place, inputs, reference)
    for key in Bar(missing, step="convert", unit="file", leave=False):
        add_file(part, key, place, folder, generator, {}, inputs, reference)


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
