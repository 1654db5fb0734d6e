"""A folder of photos to a dataset folder of pairs: parallel, repeatable, never half-written."""

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from training.errors import UserError
from training.files import write_image, write_json
from training.ledger import Entry, Ledger
from training.pairs import SIDES, SPLITS, match_names, pair_sheet
from training.photos import MIN_SIDE, find_photos
from training.sketches import SKETCHES, VERSION
from training.workers import Job, Plan, make_pairs

Layout = Literal["photos", "pairs", "ab", "ba"]

MAX_SIZE = 1024
SHEET_PAIRS = 16


def prepare(
    photos: Path,
    dataset: Path,
    /,
    *,
    size: int = 256,
    sketch: str = "mixed",
    seed: int = 0,
    layout: Layout = "photos",
    test_share: float = 0.05,
    name: str | None = None,
    licence: str = "unknown",
    processes: int | None = None,
) -> dict[str, Any]:
    """Make or complete the dataset folder `dataset` from the pictures in `photos`.

    Every photo becomes a pair of `size` px JPEGs, `{train,test}/{input,target}/NNNN.jpg`; a photo
    keeps its number and its side of the split for good, decided by a hash of `seed` and its path
    below `photos`. Pairs that are up to date are left alone, those whose photo is gone are
    removed, so running it again, also after an interruption, does only what is missing.

    Args:
        photos: Folder of JPEG, PNG or WebP files, sub-folders included.
        dataset: Dataset folder to make or to complete.
        size: Side of the square pictures in px, a multiple of 32.
        sketch: How to draw the inputs: blobs, outline or mixed.
        seed: Decides the split and every drawing.
        layout: What `photos` holds. "photos" derives the inputs; "pairs" takes its two folders
            input/ and target/ with equal file names; "ab" and "ba" take side-by-side images,
            input left or right.
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
    _check(size, sketch, layout, test_share, processes)
    sources = dict(_sources(photos, dataset, layout))
    if not sources:
        raise UserError(f"found no pictures in {photos}")
    info = {
        "name": name or photos.resolve().name,
        "source": str(photos),
        "licence": licence,
        "size": size,
        "sketch": sketch if layout == "photos" else "given",
        "layout": layout,
        "seed": seed,
        "test_share": test_share,
    }
    _check_unchanged(dataset, info)
    plan = Plan(dataset, size, str(info["sketch"]), seed, layout)
    try:
        dataset.mkdir(parents=True, exist_ok=True)
        with _alone(dataset):
            return _fill(plan, sources, info, processes or os.cpu_count() or 1)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"the disk of {dataset} is full; the pairs made so far are kept: "
                "free some space and run the same command again"
            ) from None
        raise UserError(f"cannot write {error.filename or dataset}: {error.strerror}") from None


def place_in_split(seed: int, source: str) -> float:
    """Where a source falls in [0, 1): below the test's share, it is held out."""
    # Names of files are bytes, and some are no UTF-8.
    facts = f"{seed}/{source}".encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(facts).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _check(size: int, sketch: str, layout: str, test_share: float, processes: int | None) -> None:
    if not MIN_SIDE <= size <= MAX_SIZE or size % 32:
        raise UserError(f"--size {size}: expected a multiple of 32 from {MIN_SIDE} to {MAX_SIZE}")
    if sketch not in SKETCHES:
        raise UserError(f"--sketch {sketch}: expected one of {', '.join(SKETCHES)}")
    if layout not in ("photos", "pairs", "ab", "ba"):
        raise UserError(f"--layout {layout}: expected photos, pairs, ab or ba")
    if not 0 < test_share < 1:
        raise UserError(f"--test-share {test_share}: expected a share between 0 and 1")
    if processes is not None and processes < 1:
        raise UserError(f"--processes {processes}: expected at least 1")


def _sources(photos: Path, dataset: Path, layout: str) -> Iterator[tuple[str, tuple[Path, Path]]]:
    """Every source's path below `photos` with its files."""
    if layout == "pairs":
        sides = [photos / side for side in SIDES]
        for side in sides:
            if not side.is_dir():
                raise UserError(f"--layout pairs: expected a folder at {side}")
        yield from match_names(sides[0], sides[1])
        return
    below = dataset.resolve()
    for path in find_photos(photos):
        if below not in path.resolve().parents:  # a dataset made inside the folder of its photos
            yield path.relative_to(photos).as_posix(), (path, path)


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
    for option in ("size", "sketch", "layout", "seed", "test_share"):
        if before.get(option) != info[option]:
            raise UserError(
                f"{dataset} was prepared with {option} {before.get(option)}, not {info[option]}; "
                "choose another folder, or remove this one"
            )


@contextmanager
def _alone(dataset: Path) -> Iterator[None]:
    """Keep a second `prepare` out, which would give the same numbers to other photos."""
    folder = os.open(dataset, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UserError(f"another prepare is at work on {dataset}") from None
    finally:
        os.close(folder)


def _fill(
    plan: Plan, sources: dict[str, tuple[Path, Path]], info: dict[str, Any], processes: int
) -> dict[str, Any]:
    dataset = plan.dataset
    fresh = not (dataset / "dataset.json").exists()
    for split in SPLITS:
        for side in SIDES:
            (dataset / split / side).mkdir(parents=True, exist_ok=True)
    write_json(dataset / "dataset.json", info | {"complete": False})
    ledger = Ledger(dataset / "photos.jsonl")
    for source in set(ledger.entries) - set(sources):
        _remove(dataset, ledger.entries.pop(source))
    jobs, skipped = _plan_jobs(plan, ledger, sources, info["test_share"])
    with ledger:
        for job, reason in make_pairs(plan, jobs, processes):
            if reason is None:
                ledger.add(Entry(job.source, job.name, job.split, job.key))
            else:  # a pair made earlier, when the photo could be read, stays
                skipped[job.source] = reason
        _fill_empty_split(plan, ledger, [job.source for job in jobs])
    if not ledger.entries:
        if fresh:
            shutil.rmtree(dataset)
        source, reason = next(iter(skipped.items()))
        raise UserError(
            f"none of the {len(skipped)} pictures could be read; the first, {source}: {reason}"
        )
    ledger.rewrite()
    _sweep(dataset, ledger)
    if jobs or not (dataset / "sheet.png").exists():
        entries = sorted(ledger.entries.values(), key=lambda entry: place_in_split(1, entry.source))
        shown = [entry.files(dataset) for entry in entries[:SHEET_PAIRS]]
        write_image(dataset / "sheet.png", pair_sheet(shown))
    splits = [entry.split for entry in ledger.entries.values()]
    info |= {
        "complete": True,
        "photos": len(splits),
        "counts": {split: splits.count(split) for split in SPLITS},
        "skipped": dict(sorted(skipped.items())),
        "versions": {"sketches": VERSION, "opencv": cv2.__version__, "numpy": np.__version__},
    }
    write_json(dataset / "dataset.json", info)
    return info


def _plan_jobs(
    plan: Plan, ledger: Ledger, sources: dict[str, tuple[Path, Path]], test_share: float
) -> tuple[list[Job], dict[str, str]]:
    """The pairs to make, and why some cannot be."""
    jobs, skipped = [], {}
    for source, files in sources.items():
        try:
            key = _key(plan, files)
        except OSError as error:  # a dangling link, say
            skipped[source] = error.strerror or "cannot be opened"
            continue
        entry = ledger.entries.get(source)
        if entry is None:
            split = SPLITS[place_in_split(plan.seed, source) < test_share]
            jobs.append(Job(source, files, ledger.next_name(), split, key))
        elif entry.key != key or not _exists(plan.dataset, entry):
            jobs.append(Job(source, files, entry.name, entry.split, key))
    return jobs, skipped


def _key(plan: Plan, files: tuple[Path, Path]) -> str:
    """Changes whenever the pair has to be made again."""
    facts = [plan.size, plan.sketch, plan.seed, plan.layout, VERSION]
    for path in files:
        status = path.stat()
        facts += [status.st_size, status.st_mtime_ns]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _exists(dataset: Path, entry: Entry) -> bool:
    # A power cut can leave a renamed file empty.
    return all(path.is_file() and path.stat().st_size for path in entry.files(dataset))


def _remove(dataset: Path, entry: Entry) -> None:
    for path in entry.files(dataset):
        path.unlink(missing_ok=True)


def _fill_empty_split(plan: Plan, ledger: Ledger, fresh: list[str]) -> None:
    """Give a split that a small folder left empty one of the pairs made just now."""
    sides = {entry.split for entry in ledger.entries.values()}
    new = sorted(
        set(fresh) & set(ledger.entries), key=lambda source: place_in_split(plan.seed, source)
    )
    if len(sides) == 2 or len(ledger.entries) < 2 or not new:
        return
    before = ledger.entries[new[0] if "train" in sides else new[-1]]
    split = "test" if before.split == "train" else "train"
    after = Entry(before.source, before.name, split, before.key)
    for old, new_place in zip(before.files(plan.dataset), after.files(plan.dataset), strict=True):
        os.replace(old, new_place)
    ledger.add(after)


def _sweep(dataset: Path, ledger: Ledger) -> None:
    """Remove halves of pairs that an interruption left behind."""
    known = {path for entry in ledger.entries.values() for path in entry.files(dataset)}
    for split in SPLITS:
        for side in SIDES:
            for path in set((dataset / split / side).iterdir()) - known:
                path.unlink()
