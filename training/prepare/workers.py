"""Make pairs in several processes: read a photo, draw its sketch, write both."""

import hashlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from training.data.pairs import read_pair
from training.data.photos import UnreadablePhoto, decode, to_size
from training.data.side_by_side import Shapes
from training.errors import UserError
from training.files import write_image
from training.prepare.alike import look
from training.prepare.background import focus_on_drawn
from training.prepare.grounds import Ground, lay
from training.prepare.sketches import SKETCHES
from training.prepare.sketches.scene import analyse
from training.progress import Bar
from training.size import Size, sides


@dataclass(frozen=True)
class Plan:
    """What holds for every pair of a dataset; `photos` is the folder of what they are made of."""

    photos: Path
    dataset: Path
    size: Size
    sketch: str
    seed: int
    layout: str
    focus: str
    direction: str = "ab"
    background: Ground = "black"
    plants: bool = False
    held_out: str | None = None  # Of the photos' folders beside `train` the one that is held out.
    shapes: Shapes | None = None  # Of side-by-side images those that are two.


@dataclass(frozen=True, slots=True)
class Job:
    """One pair to make: its source, the paths of its files below the photos, where it goes."""

    source: str
    files: tuple[str, str]
    name: str
    split: str
    key: str


@dataclass(frozen=True)
class Made:
    """What came of a job: why it was skipped, or else whether nothing is drawn, and the look."""

    skipped: str = ""
    empty: bool = False
    look: str = ""  # Of the photo; see `alike`.


def make_pairs(plan: Plan, jobs: list[Job], processes: int) -> Iterator[tuple[Job, Made]]:
    """Make the pairs, with a bar; yields each job with what came of it.

    Raises `UserError` when a pair cannot be written, or a worker is killed.
    """
    processes = min(processes, 1 + len(jobs) // 16)
    if processes == 1:
        for job in Bar(jobs, step="pairs", desc="pairs", unit="photo", disable=not jobs):
            yield job, make_pair(plan, job)
        return
    context = multiprocessing.get_context("spawn")  # a fork of TensorFlow's threads may hang
    with (
        Bar(total=len(jobs), step="pairs", desc="pairs", unit="photo", smoothing=0.05) as bar,
        ProcessPoolExecutor(processes, context, initializer=_start_worker) as pool,
    ):
        queue = iter(jobs)
        pending: dict[Future[Made], Job] = {}
        try:
            while True:
                # A short queue keeps memory flat and lets Ctrl-C end it at once.
                while len(pending) < 8 * processes and (job := next(queue, None)):
                    pending[pool.submit(make_pair, plan, job)] = job
                if not pending:
                    return
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    yield pending.pop(future), future.result()
                    bar.update()
        except BrokenProcessPool:
            raise UserError(
                "a worker was killed, most likely for want of memory; the pairs made so far are "
                "kept: run the same command again with --processes 1"
            ) from None
        finally:
            for future in pending:
                future.cancel()


def make_pair(plan: Plan, job: Job) -> Made:
    """Read a photo, draw its sketch, write both; a photo that cannot be read is skipped."""
    try:
        if plan.layout == "photos":
            rng = source_rng(plan.seed, job.source)
            target, cut_out = _photo(plan.photos / job.files[1], plan, rng)
            seen = look(target)
            scene = analyse(target, cut_out, plants=plan.plants)
            sketch = SKETCHES[plan.sketch](scene, rng)
            if plan.focus == "drawn" and job.split == "train" and not scene.alone:
                target = focus_on_drawn(scene, sketch)
        else:
            one, other = (plan.photos / name for name in job.files)
            sketch, target = read_pair((one, other), plan.size, plan.shapes)
            if plan.direction == "ba":
                sketch, target = target, sketch
            seen = look(target)
    except UnreadablePhoto as error:
        first, second = job.files
        of_second = first != second and error.path == plan.photos / second
        return Made(skipped=f"its target {second}: {error}" if of_second else str(error))
    for side, pixels in (("target", target), ("input", sketch)):
        path = plan.dataset / job.split / side / job.name
        write_image(path, Image.fromarray(pixels))
    return Made(empty=bool((sketch == sketch[0, 0]).all()), look=seen)


def _photo(
    path: Path, plan: Plan, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
    """A photo, uint8 [H, W, 3], and where its thing is if parts of it are transparent."""
    image = decode(path, max(sides(plan.size)))
    if image.mode == "RGBA":
        return lay(image, plan.size, plan.background, rng)
    return to_size(image, plan.size), None


def source_rng(seed: int, source: str) -> np.random.Generator:
    """A photo's own random numbers: neither order nor number of processes changes a drawing."""
    digest = hashlib.sha256(source.encode("utf-8", "surrogateescape")).digest()
    return np.random.default_rng((seed, int.from_bytes(digest[:8], "big")))


def _start_worker() -> None:
    cv2.setNumThreads(1)  # one process a core is the parallelism
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()  # a killed parent closes no queue, and its workers would wait for ever
    os._exit(1)
