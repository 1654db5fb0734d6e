"""Make a dataset folder of pairs from a folder of photos; run again, it does what is missing."""

import errno
import json
import os
from pathlib import Path
from typing import Any, Literal, get_args

from training import progress
from training.data import found
from training.data.known import SOURCES, describe
from training.data.photos import MIN_SIDE
from training.errors import UserError
from training.files import alone
from training.keras_backend import check_backend
from training.options import PictureSize
from training.prepare.grounds import Ground
from training.prepare.sketches import SKETCHES
from training.prepare.sources import are_plants, drawn_again, find_sources, other_layout
from training.prepare.update import bring_up_to_date
from training.prepare.workers import Plan
from training.size import Size, sides, to_json, told

Layout = Literal["photos", "pairs", "ab"]
Direction = Literal["ab", "ba"]
Focus = Literal["drawn", "all"]
Plants = Literal["auto", "yes", "no"]

MAX_SIZE = 1024
# What has to be the same where a dataset is completed, and what it was before it could be said.
UNCHANGED = (
    *("size", "sketch", "focus", "background", "plants", "layout", "direction"),
    *("seed", "test_share"),
)
AS_BEFORE = {"direction": "ab", "background": "black"}


def prepare(
    photos: Path,
    dataset: Path,
    /,
    *,
    size: PictureSize = 256,
    sketch: str = "mixed",
    focus: Focus = "drawn",
    background: Ground = "black",
    plants: Plants = "auto",
    drawings: int = 1,
    seed: int = 0,
    layout: Layout = "photos",
    direction: Direction = "ab",
    test_share: float = 0.05,
    leave_out: Path | None = None,
    name: str | None = None,
    licence: str | None = None,
    processes: int | None = None,
) -> dict[str, Any]:
    """Make or complete the dataset folder `dataset` from the pictures in `photos`.

    Every photo becomes a pair of JPEGs, `{train,test}/{input,target}/NNNN.jpg`; a photo keeps its
    number and its side of the split for good, decided by a hash of `seed` and its path
    below `photos`; or by folders `train` and `test` (or `val`) in `photos`, where there are. Pairs
    are left alone, those whose photo is gone are removed, so running it again, also
    after an interruption, does only what is missing.

    Args:
        photos: Folder of pictures, sub-folders included; or a dataset's name, which is downloaded
            once: fluent-emoji, oxford-flowers, tf-flowers.
        dataset: Dataset folder to make or to complete.
        size: Pixels a side of square pictures, or width x height such as 384x256; multiples of 32.
        sketch: How to draw the inputs: blobs, outline or mixed.
        focus: What stays sharp in the photos to train on. "drawn" puts what the sketch leaves
            empty out of focus, which makes calm backgrounds; "all" takes them as they are.
            Held-out photos, and given pairs, are always taken as they are.
        background: What transparent pictures are laid on. "black" (white under dark ones) and
            "white" take them as they lie; in a "studio" they stand, in many sizes, with a shadow.
        plants: Draw leaves and stems beside what is in front, as flowers want it: "yes", "no", or
            "auto", where the photos are green.
        drawings: How many sketches to draw of every photo to train on, each another; more than one
            helps few photos.
        seed: Decides the split and every drawing.
        layout: What `photos` holds. "photos" derives the inputs; "pairs" takes its two folders
            input/ and target/ with equal file names; "ab" takes side-by-side images.
        direction: "ab" where the input is in input/, or on the left; "ba" the other way round.
        test_share: Share of the photos that are held out; one of each at least.
        leave_out: File that names pictures to leave out, a line each: their paths below `photos`,
            with slashes. Pairs that were made of them are removed.
        name: What the data is called; the folder's name by default.
        licence: Licence of the photos, for the model's card.
        processes: How many to work with; one a core by default.

    Returns:
        What it wrote to `dataset.json`.

    Raises:
        UserError: options, folders or the disk do not allow it. A picture that cannot be read
            is no error: it is skipped, and listed with the reason.
    """
    photos, dataset = Path(photos), Path(dataset)
    choices = {"sketch": sketch, "focus": focus, "background": background}
    choices |= {"plants": plants, "layout": layout, "direction": direction}
    _check(size, test_share, drawings, processes, choices)
    named = "" if photos.is_dir() else str(photos)
    folder = located(photos)
    sources = find_sources(folder, dataset, layout, named, leave_out)
    if not sources.files:
        other = f"; what is there: {found.told(sources.left_out)}" if sources.left_out else ""
        raise UserError(f"found no pictures in {photos} or its sub-folders{other}")
    given = describe(photos) if named else {}
    info = {
        "name": name or given.get("name") or os.path.basename(os.path.realpath(photos)),
        "source": str(photos),
        "licence": licence or given.get("licence") or "unknown",
        "size": to_json(size),
        "sketch": sketch if layout == "photos" else "given",
        "focus": focus if layout == "photos" else "all",
        "layout": layout,
        "direction": direction,
        "background": background,
        "plants": plants == "yes" and layout == "photos",
        "drawings": drawings,
        "left_out": dict(sources.left_out.most_common()),
        "seed": seed,
        "test_share": test_share,
    }
    before = _before(dataset)
    if layout == "photos" and plants == "auto":
        info["plants"] = before["plants"] if before else are_plants(folder, sources.files)
    _check_unchanged(dataset, info, before)
    if layout == "photos" and not before and (seems := other_layout(folder, sources.files)):
        progress.warn(
            f"{photos} looks like pairs{' side by side' if seems == 'ab' else ''}, and is taken as "
            f"photos to draw sketches of; if it holds pairs, give --layout {seems}"
        )
    plan = Plan(
        folder,
        dataset,
        size,
        str(info["sketch"]),
        seed,
        layout,
        str(info["focus"]),
        direction,
        background,
        bool(info["plants"]),
        sources.held_out,
    )
    files = drawn_again(sources.files, drawings if layout == "photos" else 1)
    try:
        dataset.mkdir(parents=True, exist_ok=True)
        # A second one would give the same numbers to other photos.
        with alone(dataset, f"another prepare is at work on {dataset}"):
            return bring_up_to_date(plan, files, info, processes or os.cpu_count() or 1)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"the disk of {dataset} is full; the pairs made so far are kept: "
                "free some space and run the same command again"
            ) from None
        raise UserError(
            f"cannot write {error.filename or dataset}: {error.strerror or error}"
        ) from None


def _check(
    size: Size, test_share: float, drawings: int, processes: int | None, choices: dict[str, str]
) -> None:
    if any(not MIN_SIDE <= side <= MAX_SIZE or side % 32 for side in sides(size)):
        raise UserError(
            f"--size {told(size)}: expected a multiple of 32 on each side, {MIN_SIDE} to {MAX_SIZE}"
        )
    expected = {
        "sketch": tuple(SKETCHES),
        "focus": get_args(Focus),
        "background": get_args(Ground),
        "plants": get_args(Plants),
        "layout": get_args(Layout),
        "direction": get_args(Direction),
    }
    for option, value in choices.items():
        if value not in expected[option]:
            raise UserError(f"--{option} {value}: expected one of {', '.join(expected[option])}")
    if not 0 < test_share < 1:
        raise UserError(f"--test-share {test_share}: expected a share between 0 and 1")
    if not 1 <= drawings <= 64:
        raise UserError(f"--drawings {drawings}: expected 1 to 64")
    if processes is not None and processes < 1:
        raise UserError(f"--processes {processes}: expected at least 1")


def located(photos: Path) -> Path:
    """A folder, or that of the dataset of this name, downloaded once."""
    if photos.is_dir() or str(photos) not in SOURCES:
        return photos
    check_backend()
    from training.data.downloads import locate  # Keras downloads it, and takes seconds to load.

    return locate(photos)


def _before(dataset: Path) -> dict[str, Any]:
    """What is known of the dataset that is to be completed, nothing where there is none."""
    path = dataset / "dataset.json"
    if not path.exists():
        if dataset.is_file() or (dataset.is_dir() and any(dataset.iterdir())):
            raise UserError(f"{dataset} is not empty and not a dataset; choose another folder")
        return {}
    try:
        before = dict(json.loads(path.read_text()))
    except (ValueError, TypeError):
        raise UserError(f"{path} is not what prepare writes; choose another folder") from None
    if before.get("layout") == "ba":  # As earlier versions named it.
        before |= {"layout": "ab", "direction": "ba"}
    return AS_BEFORE | {"plants": before.get("sketch") != "given"} | before


def _check_unchanged(dataset: Path, info: dict[str, Any], before: dict[str, Any]) -> None:
    """Refuse a folder that was made with options that do not mix with these."""
    for option in UNCHANGED if before else ():
        if before.get(option) != info[option]:
            raise UserError(
                f"{dataset} was prepared with {option} {before.get(option)}, not {info[option]}; "
                "choose another folder, or remove this one"
            )
