"""Make a dataset folder of pairs from a folder of photos; run again, it does what is missing."""

import errno
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from training.data.found import find, told
from training.data.pairs import SIDES, match_names
from training.data.photos import MIN_SIDE
from training.errors import UserError
from training.files import alone
from training.prepare.sketches import SKETCHES
from training.prepare.update import bring_up_to_date
from training.prepare.workers import Plan

Layout = Literal["photos", "pairs", "ab"]
Direction = Literal["ab", "ba"]
Focus = Literal["drawn", "all"]

MAX_SIZE = 1024


def prepare(
    photos: Path,
    dataset: Path,
    /,
    *,
    size: int = 256,
    sketch: str = "mixed",
    focus: Focus = "drawn",
    seed: int = 0,
    layout: Layout = "photos",
    direction: Direction = "ab",
    test_share: float = 0.05,
    name: str | None = None,
    licence: str = "unknown",
    processes: int | None = None,
) -> dict[str, Any]:
    """Make or complete the dataset folder `dataset` from the pictures in `photos`.

    Every photo becomes a pair of `size` px JPEGs, `{train,test}/{input,target}/NNNN.jpg`; a photo
    keeps its number and its side of the split for good, decided by a hash of `seed` and its path
    below `photos`; or by folders `train` and `test` (or `val`) in `photos`, where there are. Pairs
    are left alone, those whose photo is gone are removed, so running it again, also
    after an interruption, does only what is missing.

    Args:
        photos: Folder of pictures, sub-folders included.
        dataset: Dataset folder to make or to complete.
        size: Side of the square pictures in px, a multiple of 32.
        sketch: How to draw the inputs: blobs, outline or mixed.
        focus: What stays sharp in the photos to train on. "drawn" puts what the sketch leaves
            empty out of focus, which makes calm backgrounds; "all" takes them as they are.
            Held-out photos, and given pairs, are always taken as they are.
        seed: Decides the split and every drawing.
        layout: What `photos` holds. "photos" derives the inputs; "pairs" takes its two folders
            input/ and target/ with equal file names; "ab" takes side-by-side images.
        direction: "ab" where the input is in input/, or on the left; "ba" the other way round.
        test_share: Share of the photos that are held out; one of each at least.
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
    _check(size, sketch, focus, layout, direction, test_share, processes)
    held_out = _held_out(photos)
    sources, left_out = _sources(photos, dataset, layout, held_out)
    if not sources:
        other = f"; what is there: {told(left_out)}" if left_out else ""
        raise UserError(f"found no pictures in {photos} or its sub-folders{other}")
    info = {
        "name": name or photos.resolve().name,
        "source": str(photos),
        "licence": licence,
        "size": size,
        "sketch": sketch if layout == "photos" else "given",
        "focus": focus if layout == "photos" else "all",
        "layout": layout,
        "direction": direction,
        "left_out": dict(left_out.most_common()),
        "seed": seed,
        "test_share": test_share,
    }
    _check_unchanged(dataset, info)
    kinds = (str(info["sketch"]), seed, layout, str(info["focus"]))
    plan = Plan(dataset, size, *kinds, direction, held_out)
    try:
        dataset.mkdir(parents=True, exist_ok=True)
        # A second one would give the same numbers to other photos.
        with alone(dataset, f"another prepare is at work on {dataset}"):
            return bring_up_to_date(plan, sources, info, processes or os.cpu_count() or 1)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"the disk of {dataset} is full; the pairs made so far are kept: "
                "free some space and run the same command again"
            ) from None
        raise UserError(f"cannot write {error.filename or dataset}: {error.strerror}") from None


def _check(
    size: int,
    sketch: str,
    focus: str,
    layout: str,
    direction: str,
    test_share: float,
    processes: int | None,
) -> None:
    if not MIN_SIDE <= size <= MAX_SIZE or size % 32:
        raise UserError(f"--size {size}: expected a multiple of 32 from {MIN_SIDE} to {MAX_SIZE}")
    if sketch not in SKETCHES:
        raise UserError(f"--sketch {sketch}: expected one of {', '.join(SKETCHES)}")
    if focus not in ("drawn", "all"):
        raise UserError(f"--focus {focus}: expected drawn or all")
    if layout not in ("photos", "pairs", "ab"):
        raise UserError(f"--layout {layout}: expected photos, pairs or ab")
    if direction not in ("ab", "ba"):
        raise UserError(f"--direction {direction}: expected ab or ba")
    if not 0 < test_share < 1:
        raise UserError(f"--test-share {test_share}: expected a share between 0 and 1")
    if processes is not None and processes < 1:
        raise UserError(f"--processes {processes}: expected at least 1")


def _held_out(photos: Path) -> str | None:
    """Of photos that are split already the folder that is not for training."""
    held_out = [name for name in ("test", "val") if (photos / name).is_dir()]
    return held_out[0] if held_out and (photos / "train").is_dir() else None


def _sources(
    photos: Path, dataset: Path, layout: str, held_out: str | None
) -> tuple[dict[str, tuple[Path, Path]], Counter[str]]:
    """Every source's path below `photos` with its files, and what else is there, by kind."""
    parts = ["train", held_out] if held_out else [""]
    if layout == "pairs":
        pairs = {}
        for part in parts:
            sides = [photos / part / side for side in SIDES]
            for side in sides:
                if not side.is_dir():
                    raise UserError(f"--layout pairs: expected a folder at {side}")
            for name, files in match_names(sides[0], sides[1]):
                pairs[(Path(part) / name).as_posix()] = files
        return pairs, Counter()
    found = find(photos)
    below = dataset.resolve()
    sources = {}
    for path in found.pictures:
        name = path.relative_to(photos).as_posix()
        if held_out and name.split("/")[0] not in parts:
            found.left_out[f"in {name.split('/')[0]}"] += 1
        elif below not in path.resolve().parents:  # A dataset in the folder of its photos.
            sources[name] = (path, path)
    return sources, found.left_out


def _check_unchanged(dataset: Path, info: dict[str, Any]) -> None:
    """Refuse a folder with other contents, or made with options that do not mix with these."""
    path = dataset / "dataset.json"
    if not path.exists():
        if dataset.is_file() or (dataset.is_dir() and any(dataset.iterdir())):
            raise UserError(f"{dataset} is not empty and not a dataset; choose another folder")
        return
    try:
        before = dict(json.loads(path.read_text()))
    except (ValueError, TypeError):
        raise UserError(f"{path} is not what prepare writes; choose another folder") from None
    if before.get("layout") == "ba":  # As earlier versions named it.
        before |= {"layout": "ab", "direction": "ba"}
    before.setdefault("direction", "ab")
    for option in ("size", "sketch", "focus", "layout", "direction", "seed", "test_share"):
        if before.get(option) != info[option]:
            raise UserError(
                f"{dataset} was prepared with {option} {before.get(option)}, not {info[option]}; "
                "choose another folder, or remove this one"
            )
