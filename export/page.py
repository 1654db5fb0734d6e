"""The page that runs a bundle in a browser: built with npm, laid beside the bundle's files.

What is copied is what `demo/web` builds; nothing of it is imported here.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from training.errors import UserError

WEB = Path(__file__).parent.parent / "demo" / "web"
SOURCES = (
    *(WEB / name for name in ("src", "static", "build.js", "package-lock.json")),
    *(WEB.parent / name for name in ("pad", "texts.json")),
)
NAMES = ("index.html", "service-worker.js", "page")  # What a build consists of.
MODELS = "models.json"  # Says which bundles the page shows.


def build() -> Path:
    """Build the page where it is not built yet, and return the folder that it was built into.

    Raises:
        UserError: there is no npm to build it with, or the build fails.
    """
    built = WEB / "dist"
    if all((built / name).exists() for name in NAMES) and _oldest(built) > _newest(*SOURCES):
        return built
    npm = shutil.which("npm")
    if npm is None:
        raise UserError("the page is built with npm, which is not on the PATH; install Node.js")
    steps = [[npm, "run", "--silent", "build"]]
    if not (WEB / "node_modules" / ".package-lock.json").is_file():  # npm writes it last
        steps.insert(0, [npm, "ci", "--no-audit", "--no-fund"])
    for step in steps:
        done = subprocess.run(step, cwd=WEB, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr or done.stdout).strip()[-300:]
            raise UserError(f"`{' '.join(['npm', *step[1:]])}` failed in {WEB}: {reason}")
    return built


def write(folder: Path, models: Sequence[str] = ("./",)) -> None:
    """Copy the page into `folder`, a bundle's, or one that has bundles in the folders `models`.

    Raises as `build` does.
    """
    built = build()
    (folder / MODELS).write_text(json.dumps(list(models)) + "\n", encoding="utf-8")
    for name in NAMES:
        copy = shutil.copytree if (built / name).is_dir() else shutil.copyfile
        copy(built / name, folder / name)


def _newest(*places: Path) -> float:
    return max(path.stat().st_mtime for place in places for path in _files(place))


def _oldest(place: Path) -> float:
    return min(path.stat().st_mtime for path in _files(place))


def _files(place: Path) -> list[Path]:
    return [path for path in (place, *place.rglob("*")) if path.is_file()]
