"""Six photos with the drawings that would be made of them, for each choice that the page offers.

PROJECT/sketches/blobs-black-auto-FINGERPRINT/  dataset.json  sheet.png ...
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.studio import photos, plans, settings
from demo.studio.files import address
from demo.studio.jobs import REPOSITORY

PLACE = "sketches"
COUNT = 6
PATIENCE = 300.0  # Seconds
_one_at_a_time = threading.Lock()


def make(project: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """Prepare six of a project's photos in the way that was chosen, if nobody has yet.

    Returns the choice and the address of the sheet. Raises `UserError` where it cannot be done.
    """
    options = plans.prepare_options({**told, "size": 256})
    if settings.read(project)["pairs"]:
        raise UserError("pairs of your own bring their drawings with them")
    listing = photos.listing(project, fresh=True)
    if len(listing.paths) < 2:
        raise UserError(f"expected at least 2 photos, there are {len(listing.paths)}; add some")
    with _one_at_a_time:
        folder = project / PLACE / _key(options, listing)
        if not (folder / "sheet.png").is_file():
            _prepare(project, folder, options, listing)
        return _told(project, folder)


def made(project: Path, listing: photos.Listing) -> list[dict[str, Any]]:
    """The sheets that there are of the photos as they are now."""
    if not (project / PLACE).is_dir():
        return []
    found = sorted(project.glob(f"{PLACE}/*-{listing.fingerprint()}/sheet.png"))
    return [_told(project, sheet.parent) for sheet in found]


def _key(options: Mapping[str, str], listing: photos.Listing) -> str:
    chosen = [options[name] for name in ("style", "background", "plants")]
    return "-".join([*chosen, listing.fingerprint()])


def _told(project: Path, folder: Path) -> dict[str, Any]:
    style, background, plants, _ = folder.name.split("-")
    sheet = address(project, folder / "sheet.png")
    return {"style": style, "background": background, "plants": plants, "sheet": sheet}


def _prepare(
    project: Path, folder: Path, options: Mapping[str, str], listing: photos.Listing
) -> None:
    for old in (project / PLACE).glob("*"):
        if not old.name.endswith(f"-{listing.fingerprint()}"):
            shutil.rmtree(old, ignore_errors=True)  # Of other photos than there are now.
    shutil.rmtree(folder, ignore_errors=True)
    chosen = project / PLACE / f".photos-{folder.name}"
    shutil.rmtree(chosen, ignore_errors=True)
    chosen.mkdir(parents=True)
    try:
        paths = list(listing.paths.values())
        for number in range(min(COUNT, len(paths))):
            path = paths[number * len(paths) // min(COUNT, len(paths))]
            shutil.copyfile(path, chosen / f"{number}{path.suffix}")
        _run(project, plans.prepare(str(chosen), str(folder), options, "sketches"))
    except OSError as error:
        raise UserError(f"cannot read or write these photos: {error.strerror}") from None
    finally:
        shutil.rmtree(chosen, ignore_errors=True)


def _run(project: Path, command: list[str]) -> None:
    """Run a command that takes seconds; what it says went wrong is a `UserError`."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", *command, "--processes", "1"],
            cwd=project,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise UserError("the drawings took too long; try again when less is going on") from None
    if done.returncode:
        said = [line[7:] for line in done.stderr.splitlines() if line.startswith("error: ")]
        raise UserError(said[-1] if said else "the drawings could not be made; try again")
