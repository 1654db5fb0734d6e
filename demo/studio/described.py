"""What a project's page shows, as its files say it: photos, drawings, training, model, bundle."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.studio import alike, listed, objects, photos, plans, settings, sketches, trainings
from demo.studio.files import address
from demo.studio.jobs import jobs_of
from demo.studio.projects import name_of

SHOWN = 200  # Photos
JOBS = 10


def project(folder: Path) -> dict[str, Any]:
    """Return all of it."""
    told = settings.read(folder)
    run, jobs = trainings.seen(folder, told), jobs_of(folder)
    found, problem = photos.Listing({}, photos.Counter()), None
    try:
        found = photos.listing(folder)
    except UserError as error:
        problem = str(error)
    return {
        "id": folder.name,
        "name": name_of(folder),
        "card": told["card"],
        "photos": _photos(folder, told, found) | {"problem": problem},
        "near_duplicates": _near_duplicates(folder, found),
        "folder": told["folder"],
        "taken_out": len(told["taken_out"]),
        "pairs": told["pairs"],
        "sketches": sketches.made(folder, found),
        "choice": told["choice"] or told["prepare"] or plans.prepare_options({}),
        "prepare": _prepare(told["prepare"]),
        "data": _data(folder),
        "training": run,
        "model": _model(folder),
        "bundle": _bundle(folder),
        "jobs": [listed.job(each) for each in reversed(jobs[-JOBS:])],
    }


def _photos(folder: Path, told: dict[str, Any], found: photos.Listing) -> dict[str, Any]:
    left_out = found.left_out if told["folder"] else told["left_out"]
    shown = list(found.paths)[:SHOWN]
    place = f"/files/{folder.name}/{photos.THUMBNAILS}"
    return {
        "count": len(found.paths),
        "thumbnails": [{"id": id, "url": f"{place}/{id}.jpg"} for id in shown],
        "left_out": [{"kind": kind, "count": count} for kind, count in left_out.items()],
    }


def _near_duplicates(folder: Path, found: photos.Listing) -> list[list[str]]:
    looks = photos.looks(folder)
    return _grouped(tuple((id, looks[id]) for id in found.paths if id in looks))


# The page asks each second, and photos seldom change.
@lru_cache(maxsize=8)
def _grouped(looks: tuple[tuple[str, str], ...]) -> list[list[str]]:
    return alike.groups(dict(looks))


def _prepare(options: dict[str, str] | None) -> dict[str, str] | None:
    if options is None:
        return None
    width, _, height = options["size"].partition("x")
    wide = int(width) - int(height or width)
    return options | {"shape": "wide" if wide > 0 else "tall" if wide < 0 else "square"}


def _data(folder: Path) -> dict[str, Any] | None:
    told = objects.read(folder / plans.DATA / "dataset.json")
    if not told.get("complete"):
        return None
    return {
        "pairs": sum(told.get("counts", {}).values()),
        "sheet": address(folder, folder / plans.DATA / "sheet.png"),
        "alike": told.get("alike", 0),
        "empty": told.get("empty", 0),
        "skipped": len(told.get("skipped", {})),
    }


def _model(folder: Path) -> dict[str, Any] | None:
    """The newest bundle that the canvas can draw with: the whole one, or the light one."""
    found = []
    for place, final in (("live", False), (plans.BUNDLE, True)):
        seen = objects.number(objects.training(folder / place), "images_seen")
        if seen:
            card = address(folder, folder / place / "card.json")
            found.append({"card": card, "images": seen, "final": final})
    return max(found, key=lambda each: (each["images"], each["final"]), default=None)


def _bundle(folder: Path) -> dict[str, Any] | None:
    place = folder / plans.BUNDLE
    card = objects.read(place / "card.json")
    if not card:
        return None
    files = [
        {
            "name": file.get("path"),
            "format": kind,
            "bytes": file.get("bytes"),
            "milliseconds": card.get("latency", {}).get(kind, {}).get("milliseconds"),
            "likeness": card.get("parity", {}).get(kind, {}).get("psnr"),
        }
        for kind, file in card.get("files", {}).items()
    ]
    images, made = (
        objects.training(each).get("images_seen") for each in (place, folder / plans.RUN)
    )
    return {
        "files": files,
        "card": address(folder, place / "card.json"),
        "images": images,
        "is_newest": images == made,
    }
