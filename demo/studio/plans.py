"""Which commands a step becomes: lists of arguments, with paths relative to the project."""

import contextlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.studio import objects, photos, settings
from demo.studio.photos import OWN
from demo.studio.projects import STARTS, Projects

STYLES = ("blobs", "outline", "mixed")
BACKGROUNDS = ("black", "white", "studio")
PLANTS = ("auto", "yes", "no")
LONGEST = 7 * 24 * 60  # Minutes: until somebody stops it.
DATA, RUN, BUNDLE, SITE, START, EARLIER = "data", "run", "bundle", "site", "start", "earlier"
LEFT_OUT = "left-out.txt"  # Of a folder of this machine: paths below it.
_WHAT_A_START_IS = ("config.json", "card.json", "generator.weights.h5")
FEW = {100: 4, 300: 2}  # Below so many photos each is drawn so many times.


def prepare_options(told: Mapping[str, Any]) -> dict[str, str]:
    """Check what the page says of drawings: style, background, plants and size.

    Raises `UserError` with what was expected.
    """
    size = str(told.get("size") or 256)
    sides = [int(side) for side in size.split("x")] if re.fullmatch(r"\d+(x\d+)?", size) else []
    if not sides or any(not 64 <= side <= 1024 or side % 64 for side in sides):
        raise UserError(f"expected a size of 64 to 1024 pixels, in steps of 64; got {size[:20]}")
    return {
        "style": _one_of(told, "style", STYLES, "mixed"),
        "background": _one_of(told, "background", BACKGROUNDS, "black"),
        "plants": _one_of(told, "plants", PLANTS, "auto"),
        "size": size,
    }


def _one_of(told: Mapping[str, Any], name: str, choices: Sequence[str], usual: str) -> str:
    value = told.get(name)
    if value is None:
        return usual
    if value not in choices:
        raise UserError(f"expected {name} to be one of {', '.join(choices)}")
    return str(value)


def minutes_of(told: Mapping[str, Any]) -> float:
    """Check how long to train: minutes; null is until somebody stops it."""
    value = told.get("minutes")
    if value is None:
        return LONGEST
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST:
        raise UserError(f"expected minutes from 0 to {LONGEST}, or null: until you stop it")
    return float(value)


def prepare(place: str, dataset: str, options: Mapping[str, str], name: str) -> list[str]:
    """The command that makes the pairs of a dataset of the photos in a folder."""
    command = ["training", "prepare", place, dataset, "--size", options["size"]]
    command += ["--sketch", options["style"], "--background", options["background"]]
    return [*command, "--plants", options["plants"], "--name", name]


def prepare_all(project: Path, options: Mapping[str, str], name: str) -> list[str]:
    """The same for all photos of a project. Raises `UserError` where there are fewer than two."""
    told = settings.read(project)
    found = photos.listing(project, fresh=True)
    command = prepare(told["folder"] or OWN, DATA, options, name)
    if told["taken_out"]:
        text = "\n".join(told["taken_out"])
        (project / LEFT_OUT).write_text(text, "utf-8", "surrogateescape")
        command += ["--leave-out", LEFT_OUT]
    if told["pairs"]:
        layout = "pairs" if (photos.folder_of(project) / "input").is_dir() else "ab"
        return [*command, "--layout", layout]
    if len(found.paths) < 2:
        raise UserError(f"expected at least 2 photos, there are {len(found.paths)}; add some")
    times = next((FEW[most] for most in FEW if len(found.paths) < most), 1)
    return [*command, "--drawings", str(times)]


def fit(start: str | None, minutes: float, extra: Sequence[str]) -> list[str]:
    """The command that trains, for so many minutes in all; `extra` goes to it as it is."""
    command = ["training", "fit", "pix2pix", "--data", DATA, "--run", RUN]
    command += ["--minutes", f"{minutes:.2f}"]
    if start:
        command += ["--start", start if start in STARTS else START]
    return [*command, *extra]


def export(card: Mapping[str, str], name: str) -> list[str]:
    """The command that writes the bundle, in every format."""
    command = ["export", RUN, BUNDLE, "--data", DATA, "--name", name]
    for option in ("title", "licence", "author"):
        if card.get(option):
            command += [f"--{option}", card[option]]
    return command


def page() -> list[str]:
    """The command that writes the static page of the bundle."""
    return ["export", "page", SITE, BUNDLE]


def begin_with(projects: Projects, project: Path, start: Any) -> str | None:
    """Check what to begin with, and keep it in the project, so that it goes where that goes.

    It is one of `STARTS`, or the id of a project, whose run's weights are copied; None
    is for what `fit` begins with unless it is told.
    Raises `UserError` where there is none, or it has not learned anything yet.
    """
    if start is None or start in STARTS:
        return start
    other = projects.folder(str(start))
    if not has_learned(other):
        raise UserError("that project has learned nothing yet; begin with another one")
    beside = project / ".start"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    for name in _WHAT_A_START_IS:
        shutil.copyfile(other / RUN / name, beside / name)
    shutil.rmtree(project / START, ignore_errors=True)
    beside.rename(project / START)
    return str(start)


def has_learned(project: Path) -> bool:
    """Tell whether another project can begin with this one: a checkpoint was written."""
    return all((project / RUN / name).is_file() for name in _WHAT_A_START_IS)


def size_of(project: Path) -> str:
    """Return the size of the pictures that a project has learned: `256`, or `384x256`."""
    return str(objects.read(project / RUN / "config.json").get("size", ""))


def has_pairs_of(project: Path, listing: photos.Listing) -> bool:
    """Tell whether some of these photos are among those that the pairs were made of."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        ledger = (project / DATA / "photos.jsonl").read_text(encoding="utf-8", errors="replace")
        sources = (Path(json.loads(line)["source"]) for line in ledger.splitlines())
        return any(photos.id_of(source) in listing.paths for source in sources)
    return False


def set_aside(project: Path, prepared_anew: bool) -> None:
    """Keep what was trained under `earlier/`, as a new run begins; its checkpoints are not kept.

    With `prepared_anew` the pairs, too, are made anew, as they were drawn in another way.
    """
    if (project / RUN).exists():
        earlier = project / EARLIER
        earlier.mkdir(exist_ok=True)
        number = 1 + max((int(path.name) for path in earlier.glob("[0-9]*")), default=0)
        (project / RUN).rename(earlier / f"{number:04d}")
        for part in ("checkpoints", "tensorboard"):
            shutil.rmtree(earlier / f"{number:04d}" / part, ignore_errors=True)
    if prepared_anew:
        shutil.rmtree(project / DATA, ignore_errors=True)
    for part in ("live", BUNDLE, SITE):
        shutil.rmtree(project / part, ignore_errors=True)
