"""What a project's training shows: how far it is, its losses, the sheets through time."""

import csv
import io
from pathlib import Path
from typing import Any

from demo.studio import objects, plans, reports
from demo.studio.files import address
from demo.studio.jobs import OPEN, Job, State, jobs_of

MOST_POINTS = 300  # Of a chart, and of a slider: of a longer training every second one, say.
_NO_LOSSES = ("epoch", "images/s")


def seen(project: Path, told: dict[str, Any]) -> dict[str, Any] | None:
    """Return all of it; None where no training was begun. `told` are the project's settings."""
    fits = [job for job in jobs_of(project) if job.kind == "fit"]
    run = project / plans.RUN
    if not fits or not told["trained"]:
        return None
    last = fits[-1]
    at_work = next((job for job in fits if job.standing().state == State.RUNNING), None)
    told_by_it = reports.latest((at_work or last).progress)
    step, planned = told_by_it.get("step", {}), told_by_it.get("planned", {})
    seconds, images = _so_far(run)
    steps = step if step.get("step") == "train" else {}
    images_each = _images_each(run)
    rows = _rows(run / "log.csv")
    minutes = told["minutes"]
    return {
        "minutes": None if minutes is None or minutes >= plans.LONGEST else minutes,
        "seconds": steps.get("seconds") or seconds,
        "images": max(images, steps.get("done") or 0) if at_work else images,
        # At the beginning of an epoch it says none: that of the one before is as good.
        "images_per_second": (at_work and steps.get("images_per_second")) or _speed(rows),
        "ends": planned.get("ends") if at_work and _ends(at_work) else None,
        "enough": not at_work and "enough" in told_by_it,
        "losses": [[(n + 1) * images_each, losses] for n, losses, _ in _thinned(rows)],
        "samples": _samples(project, images_each),
        "can_go_on": not any(job.standing().state in OPEN for job in fits)
        and (run / "config.json").is_file(),
        "start": told["start"],
    }


def _ends(job: Job) -> bool:
    minutes = job.command[job.command.index("--minutes") + 1]
    return float(minutes) < plans.LONGEST


def _so_far(run: Path) -> tuple[float, int]:
    """Seconds and images of the newest checkpoint."""
    told = objects.training(run)
    return objects.number(told, "seconds"), int(objects.number(told, "images_seen"))


def _images_each(run: Path) -> int:
    """Images between two checkpoints."""
    return int(objects.number(objects.read(run / "config.json"), "epoch_images"))


def _rows(log: Path) -> list[tuple[int, dict[str, float], float | None]]:
    """The table of losses: epoch from 0, losses by name, images a second."""
    try:
        text = log.read_text(encoding="utf-8")
    except OSError:
        return []
    found = []
    for row in csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1])):
        try:
            losses = {
                name: float(value)
                for name, value in row.items()
                if name not in _NO_LOSSES and value
            }
            speed = row.get("images/s")
            found.append((int(row["epoch"]), losses, float(speed) if speed else None))
        except (ValueError, KeyError, TypeError):
            continue  # A crash cut it short; the next start of the training mends the table.
    return found


def _speed(rows: list[tuple[int, dict[str, float], float | None]]) -> float | None:
    return rows[-1][2] if rows else None


def _samples(project: Path, images_each: int) -> list[dict[str, Any]]:
    sheets = sorted((project / plans.RUN / "samples").glob("[0-9]*.png"))
    return [
        {"images": int(sheet.stem) * images_each, "url": address(project, sheet)}
        for sheet in _thinned(sheets)
    ]


def _thinned(found: list[Any]) -> list[Any]:
    """So many of a list, evenly spaced, the last among them."""
    every = 1 + len(found) // MOST_POINTS
    return found[::-1][::every][::-1]
