"""Bring a dataset folder up to date with its sources: make, keep, move and remove pairs."""

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training import progress
from training.data.pairs import SIDES, SPLITS, pair_sheet
from training.data.side_by_side import shapes_of, some_of
from training.errors import UserError
from training.files import write_image, write_json
from training.prepare.alike import near_duplicates
from training.prepare.ledger import Entry, Ledger
from training.prepare.sketches import THINGS_VERSION, VERSION
from training.prepare.sources import photo_of
from training.prepare.workers import Job, Made, Plan, make_pair, make_pairs
from training.size import to_json, with_short_side

SHEET_PAIRS = 16
CELL = 128  # px: the shorter side of a picture on it.
USUAL = ("ab", "black")  # Which earlier versions did not name in a pair's key.


def bring_up_to_date(
    plan: Plan, sources: dict[str, tuple[str, str]], info: dict[str, Any], processes: int
) -> dict[str, Any]:
    """Make the pairs that are missing, remove those whose photo is gone, write `dataset.json`.

    `sources` names every source's two files below the photos, `info` what is known of the dataset
    beforehand. Returns `info` with the counts, what was skipped, of how many pictures that are gone
    the pairs were removed, how many inputs look empty, and how many photos nearly the same as
    others. Raises `UserError` when nothing could be read, which leaves no new folder behind, and
    when none of the pictures that the dataset was made of is among the sources.
    """
    dataset = plan.dataset
    ledger = Ledger(dataset / "photos.jsonl")
    gone = ledger.entries.keys() - sources.keys()
    if gone and len(gone) == len(ledger.entries):
        raise UserError(
            f"{dataset} holds pairs of {len(gone)} other pictures, none of which is in "
            f"{info['source']} ({min(gone)} is one); choose another folder, or remove this one"
        )
    fresh = not (dataset / "dataset.json").exists()
    for split in SPLITS:
        for side in SIDES:
            (dataset / split / side).mkdir(parents=True, exist_ok=True)
    write_json(dataset / "dataset.json", info | {"complete": False})
    for source in gone:
        _remove(dataset, ledger.entries.pop(source))
    jobs, skipped = _plan_jobs(plan, ledger, sources, info["test_share"])
    if jobs and plan.layout == "ab":
        looked_at = [plan.photos / files[0] for files in some_of(list(sources.values()))]
        plan = replace(plan, shapes=shapes_of(looked_at))
    with ledger:
        for job, made in make_pairs(plan, jobs, processes):
            if made.skipped:  # a pair made earlier, when the photo could be read, stays
                skipped[photo_of(job.source)] = made.skipped
            else:
                ledger.add(_entry(job, made))
        _fill_empty_split(plan, ledger, jobs)
    if not ledger.entries:
        if fresh:
            shutil.rmtree(dataset)
        source, reason = next(iter(skipped.items()))
        raise UserError(
            f"none of the {len(skipped)} pictures could be read; the first, {source}: {reason}"
        )
    ledger.rewrite()
    _sweep(dataset, ledger)
    entries = list(ledger.entries.values())
    firsts = [entry for entry in entries if entry.source == photo_of(entry.source)]
    if jobs or not (dataset / "sheet.png").exists():
        mixed = sorted(firsts, key=lambda entry: place_in_split(1, entry.source))
        shown = [entry.files(dataset) for entry in mixed[:SHEET_PAIRS]]
        write_image(dataset / "sheet.png", pair_sheet(shown, with_short_side(plan.size, CELL)))
    splits = [entry.split for entry in entries]
    info |= {
        "complete": True,
        "photos": len(firsts),
        "counts": {split: splits.count(split) for split in SPLITS},
        "skipped": dict(sorted(skipped.items())),
        "removed": sum(source == photo_of(source) for source in gone),
        "empty": sum(entry.empty for entry in entries),
        "alike": near_duplicates(entry.look for entry in firsts if entry.look),
        "versions": {
            "sketches": VERSION,
            "things": THINGS_VERSION,
            "opencv": cv2.__version__,
            "numpy": np.__version__,
        },
    }
    write_json(dataset / "dataset.json", info)
    progress.tell("prepared", **info, sheet=dataset / "sheet.png")
    return info


def place_in_split(seed: int, source: str) -> float:
    """Where a source falls in [0, 1): below the test's share, it is held out."""
    # Names of files are bytes, and some are no UTF-8.
    facts = f"{seed}/{source}".encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(facts).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _plan_jobs(
    plan: Plan, ledger: Ledger, sources: dict[str, tuple[str, str]], test_share: float
) -> tuple[list[Job], dict[str, str]]:
    """The pairs to make, and why some cannot be."""
    jobs, skipped = [], {}
    for source, files in sources.items():
        photo = ledger.entries.get(photo_of(source))
        split = photo.split if photo else _split(plan, photo_of(source), test_share)
        if source != photo_of(source) and split == "test":  # Held-out photos are drawn once.
            continue
        try:
            key = _key(plan, files)
        except OSError as error:  # a dangling link, say
            skipped[photo_of(source)] = error.strerror or "cannot be opened"
            continue
        entry = ledger.entries.get(source)
        if entry is None:
            jobs.append(Job(source, files, ledger.next_name(), split, key))
        elif entry.key != key or not _exists(plan.dataset, entry):
            jobs.append(Job(source, files, entry.name, entry.split, key))
    return jobs, skipped


def _split(plan: Plan, source: str, test_share: float) -> str:
    """A split that the photos' folders say, or one by the photo's own name."""
    if plan.held_out:
        return SPLITS[source.startswith(f"{plan.held_out}/")]
    return SPLITS[place_in_split(plan.seed, source) < test_share]


def _key(plan: Plan, files: tuple[str, str]) -> str:
    """Changes whenever the pair has to be made again."""
    facts = [to_json(plan.size), plan.sketch, plan.seed, plan.layout, plan.focus, VERSION]
    facts += [option for option in (plan.direction, plan.background) if option not in USUAL]
    if plan.layout == "photos" and not plan.plants:
        facts.append(f"things {THINGS_VERSION}")
    for name in files:
        status = os.stat(plan.photos / name)
        facts += [status.st_size, status.st_mtime_ns]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _exists(dataset: Path, entry: Entry) -> bool:
    # A power cut can leave a renamed file empty.
    return all(path.is_file() and path.stat().st_size for path in entry.files(dataset))


def _remove(dataset: Path, entry: Entry) -> None:
    for path in entry.files(dataset):
        path.unlink(missing_ok=True)


def _fill_empty_split(plan: Plan, ledger: Ledger, fresh: list[Job]) -> None:
    """Give a split that a small folder left empty one of the pairs made just now."""
    if len({entry.split for entry in ledger.entries.values()}) == 2:
        return
    firsts = {source for source in ledger.entries if source == photo_of(source)}
    new = sorted(
        (job for job in fresh if job.source in firsts),
        key=lambda job: place_in_split(plan.seed, job.source),
    )
    if len(ledger.entries) < 2 or not new:
        return
    before = new[0] if new[0].split == "train" else new[-1]
    after = replace(before, split="test" if before.split == "train" else "train")
    # Made anew, not moved: the two sides of the split are not treated alike.
    made = make_pair(plan, after)
    if not made.skipped:
        old = ledger.entries[before.source]
        ledger.add(_entry(after, made))
        _remove(plan.dataset, old)
        for source in [source for source in ledger.entries if source != photo_of(source)]:
            if photo_of(source) == after.source:
                _remove(plan.dataset, ledger.entries.pop(source))


def _entry(job: Job, made: Made) -> Entry:
    return Entry(job.source, job.name, job.split, job.key, made.empty, made.look)


def _sweep(dataset: Path, ledger: Ledger) -> None:
    """Remove halves of pairs that an interruption left behind."""
    for split in SPLITS:
        known = {entry.name for entry in ledger.entries.values() if entry.split == split}
        for side in SIDES:
            # Names, not paths: of a million files they take a gigabyte less.
            with os.scandir(dataset / split / side) as files:
                strangers = [file.path for file in files if file.name not in known]
            for path in strangers:
                os.unlink(path)
