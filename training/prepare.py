"""A folder of photos to a dataset folder of pairs: parallel, repeatable, never half-written."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from PIL import Image
from tqdm import tqdm

from training.errors import UserError
from training.ledger import Entry, Ledger
from training.pairs import SIDES, SPLITS, match_names, read_pair
from training.photos import UnreadablePhoto, find_photos, load_photo
from training.sketches import SKETCHES, VERSION

Layout = Literal["photos", "pairs", "ab", "ba"]

# The smallest size the sketches are made for, and the largest a network here takes.
SIZES = (32, 1024)
SHEET_PAIRS = 16


@dataclass(frozen=True)
class Job:
    """One pair to make: the source files, how, and where to."""

    source: str
    files: tuple[Path, Path]
    name: str
    split: str
    key: str


@dataclass(frozen=True)
class Plan:
    """What holds for every pair of a dataset."""

    dataset: Path
    size: int
    sketch: str
    seed: int
    layout: str


def prepare(
    photos: Path,
    dataset: Path,
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

    `layout`: "photos" derives inputs with `SKETCHES[sketch]`; "pairs" takes `photos/input` and
    `photos/target` with equal file names; "ab" and "ba" take side-by-side images, input left or
    right. `processes` defaults to all cores.

    Returns what it wrote to `dataset.json`. Raises `UserError` when options, folders or a disk
    do not allow it; pictures that cannot be read are skipped and listed with the reason.
    """
    photos, dataset = Path(photos), Path(dataset)
    _check(size, sketch, layout, test_share)
    sources = dict(_sources(photos, dataset, layout))
    plan = Plan(dataset, size, sketch if layout == "photos" else "given", seed, layout)
    info = {
        "name": name or photos.resolve().name,
        "source": str(photos),
        "licence": licence,
        "size": size,
        "sketch": plan.sketch,
        "layout": layout,
        "seed": seed,
        "test_share": test_share,
    }
    _check_unchanged(dataset, info)
    try:
        return _fill(plan, sources, info, processes or os.cpu_count() or 1)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(
                f"the disk of {dataset} is full; the pairs made so far are kept: "
                "free some space and run the same command again"
            ) from None
        raise UserError(f"cannot write {error.filename or dataset}: {error.strerror}") from None


def in_test(seed: int, source: str) -> float:
    """Where a source falls in [0, 1): below the test's share, it is held out."""
    digest = hashlib.sha256(f"{seed}/{source}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _check(size: int, sketch: str, layout: str, test_share: float) -> None:
    if not SIZES[0] <= size <= SIZES[1] or size % 32:
        raise UserError(f"--size {size}: expected a multiple of 32 from {SIZES[0]} to {SIZES[1]}")
    if sketch not in SKETCHES:
        raise UserError(f"--sketch {sketch}: expected one of {', '.join(SKETCHES)}")
    if layout not in ("photos", "pairs", "ab", "ba"):
        raise UserError(f"--layout {layout}: expected photos, pairs, ab or ba")
    if not 0 < test_share < 1:
        raise UserError(f"--test-share {test_share}: expected a share between 0 and 1")


def _sources(photos: Path, dataset: Path, layout: str) -> Iterator[tuple[str, tuple[Path, Path]]]:
    """Every source's path below `photos` with its files."""
    if layout == "pairs":
        sides = [photos / side for side in SIDES]
        for side in sides:
            if not side.is_dir():
                raise UserError(f"--layout pairs: expected a folder {side}")
        found = match_names(sides[0], sides[1])
        if not found:
            raise UserError(f"found no pictures in {sides[0]} and {sides[1]}")
        yield from found
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
        before = json.loads(path.read_text())
    except ValueError:
        raise UserError(f"{path} is not valid JSON; choose another folder") from None
    for option in ("size", "sketch", "layout", "seed", "test_share"):
        if before.get(option) != info[option]:
            raise UserError(
                f"{dataset} was prepared with {option} {before.get(option)}, not {info[option]}; "
                "choose another folder, or remove this one"
            )


def _fill(
    plan: Plan, sources: dict[str, tuple[Path, Path]], info: dict[str, Any], processes: int
) -> dict[str, Any]:
    dataset = plan.dataset
    for split in SPLITS:
        for side in SIDES:
            (dataset / split / side).mkdir(parents=True, exist_ok=True)
    _write_json(dataset / "dataset.json", info | {"complete": False})
    ledger = Ledger(dataset / "photos.jsonl")
    for source in set(ledger.entries) - set(sources):
        _remove(dataset, ledger.forget(source))
    jobs, skipped = [], {}
    for source, files in sources.items():
        try:
            key = _key(plan, files)
        except OSError as error:
            skipped[source] = error.strerror
            continue
        entry = ledger.entries.get(source)
        if entry and entry.key == key and _exists(dataset, entry.split, entry.name):
            continue
        name = entry.name if entry else ledger.next_name()
        share = info["test_share"]
        split = entry.split if entry else SPLITS[in_test(plan.seed, source) < share]
        jobs.append(Job(source, files, name, split, key))
    with ledger:
        for job, reason in _run(plan, jobs, processes):
            if reason is None:
                ledger.add(job.source, job.name, job.split, job.key)
            else:
                skipped[job.source] = reason
                _remove(dataset, ledger.forget(job.source))
    if not ledger.entries:
        source, reason = next(iter(skipped.items()))
        shutil.rmtree(dataset)
        raise UserError(
            f"none of the {len(skipped)} pictures could be read; the first, {source}: {reason}"
        )
    _fill_empty_split(plan, ledger, {job.source for job in jobs})
    ledger.rewrite()
    _sweep(dataset, ledger)
    counts = {
        split: sum(entry.split == split for entry in ledger.entries.values()) for split in SPLITS
    }
    info |= {
        "complete": True,
        "photos": len(ledger.entries),
        "counts": counts,
        "skipped": dict(sorted(skipped.items())),
        "versions": {"sketches": VERSION, "opencv": cv2.__version__, "numpy": np.__version__},
    }
    if jobs or not (dataset / "sheet.png").exists():
        _write_sheet(dataset, ledger)
    _write_json(dataset / "dataset.json", info)
    return info


def _key(plan: Plan, files: tuple[Path, Path]) -> str:
    """Changes whenever the pair has to be made again."""
    facts = [plan.size, plan.sketch, plan.seed, plan.layout, VERSION]
    for path in files:
        status = path.stat()
        facts += [status.st_size, status.st_mtime_ns]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _run(plan: Plan, jobs: list[Job], processes: int) -> Iterator[tuple[Job, str | None]]:
    """Make the pairs on all cores; yields each job with None, or why it was skipped."""
    if not jobs:
        return
    context = get_context("spawn")  # forking a process that holds TensorFlow's threads may hang
    processes = min(processes, 1 + len(jobs) // 16)
    with (
        tqdm(total=len(jobs), desc="pairs", unit="photo", smoothing=0.05) as bar,
        ProcessPoolExecutor(processes, context, initializer=_start_worker) as pool,
    ):
        queue = iter(jobs)
        pending: dict[Future[str | None], Job] = {}
        try:
            while True:
                # A short queue keeps memory flat and lets Ctrl-C end it at once.
                while len(pending) < 8 * processes and (job := next(queue, None)):
                    pending[pool.submit(make_pair, plan, job)] = job
                if not pending:
                    return
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    job = pending.pop(future)
                    yield job, future.result()
                    bar.update()
        finally:
            for future in pending:
                future.cancel()


def _start_worker() -> None:
    cv2.setNumThreads(1)  # one process a core is the parallelism


def make_pair(plan: Plan, job: Job) -> str | None:
    """Read, draw and write one pair; returns None, or the reason why it was skipped."""
    try:
        if plan.layout == "photos":
            target = load_photo(job.files[1], plan.size)
            # Seeded by its name alone: neither order nor number of processes changes a drawing.
            digest = hashlib.sha256(job.source.encode()).digest()
            rng = np.random.default_rng((plan.seed, int.from_bytes(digest[:8], "big")))
            sketch = SKETCHES[plan.sketch](target, rng)
        else:
            sketch, target = read_pair(job.files, plan.size, plan.layout)
    except UnreadablePhoto as error:
        return str(error)
    for side, pixels in (("target", target), ("input", sketch)):
        _write_jpeg(plan.dataset / job.split / side / job.name, pixels)
    return None


def _write_jpeg(path: Path, pixels: np.ndarray) -> None:
    beside = path.with_name(f".{path.name}.tmp")
    try:
        # Full colour resolution: halved, flat strokes would get fringes of another colour.
        Image.fromarray(pixels).save(beside, "JPEG", quality=95, subsampling=0)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _exists(dataset: Path, split: str, name: str) -> bool:
    return all((dataset / split / side / name).is_file() for side in SIDES)


def _remove(dataset: Path, entry: Entry | None) -> None:
    if entry:
        for side in SIDES:
            (dataset / entry.split / side / entry.name).unlink(missing_ok=True)


def _fill_empty_split(plan: Plan, ledger: Ledger, fresh: set[str]) -> None:
    """Give a split that a small folder left empty one of the pairs made just now."""
    for split, other in (SPLITS, SPLITS[::-1]):
        sides = {entry.split for entry in ledger.entries.values()}
        new = sorted(fresh & set(ledger.entries), key=lambda source: in_test(plan.seed, source))
        if split in sides or len(ledger.entries) < 2 or not new:
            continue
        entry = ledger.entries[new[0] if split == "test" else new[-1]]
        for side in SIDES:
            source = plan.dataset / other / side / entry.name
            os.replace(source, plan.dataset / split / side / entry.name)
        ledger.add(entry.source, entry.name, split, entry.key)


def _sweep(dataset: Path, ledger: Ledger) -> None:
    """Remove halves of pairs that an interruption left behind."""
    known = {(entry.split, entry.name) for entry in ledger.entries.values()}
    for split in SPLITS:
        for side in SIDES:
            for path in (dataset / split / side).iterdir():
                if (split, path.name) not in known:
                    path.unlink()


def _write_sheet(dataset: Path, ledger: Ledger) -> None:
    """`sheet.png`: sketches above their photos, two rows of pairs spread over the dataset."""
    entries = sorted(ledger.entries.values(), key=lambda entry: in_test(1, entry.source))
    cell, columns = 128, SHEET_PAIRS // 2
    pairs = entries[:SHEET_PAIRS]
    rows = -(-len(pairs) // columns)
    sheet = Image.new("RGB", (cell * min(columns, len(pairs)), 2 * cell * rows))
    for place, entry in enumerate(pairs):
        for row, side in enumerate(SIDES):
            with Image.open(dataset / entry.split / side / entry.name) as image:
                small = image.resize((cell, cell), Image.Resampling.LANCZOS)
            sheet.paste(small, (place % columns * cell, (2 * (place // columns) + row) * cell))
    beside = dataset / ".sheet.png.tmp"
    sheet.save(beside, "PNG")
    os.replace(beside, dataset / "sheet.png")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    os.replace(beside, path)
