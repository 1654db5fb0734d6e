"""The projects of a studio, each a folder that may be moved: made, named, copied, thrown away.

    STUDIO/  my-roses/  project.json  photos/  data/  run/  bundle/  jobs/
             trash/     1795890000-my-roses/

What is in the trash stays there for a week.
"""

import contextlib
import os
import re
import shutil
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.errors import UserError
from demo.studio import objects
from demo.studio.jobs import rest

TRASH = "trash"
SHIPPED = ("flowers", "objects")  # To begin with, by names that `fit --start` knows; no project's.
STARTS = (*SHIPPED, "none")  # Those, and nothing.
SETTINGS = "settings.json"
NOT_COPIED = ("jobs", "showing")  # What was done, and what goes on.
KEPT = 7 * 24 * 3600  # Seconds
LONGEST_NAME = 80
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# What shows a project, the best first; of several the newest.
_THUMBNAILS = ("run/preview.png", "run/samples/*.png", "data/sheet.png", "thumbs/*.jpg")


@dataclass(frozen=True)
class Project:
    """A project as a list shows it: `changed` in seconds since 1970, `size` in bytes."""

    id: str
    name: str
    changed: float
    size: int
    thumbnail: Path | None


class Projects:
    """The projects in a folder."""

    def __init__(self, place: Path) -> None:
        """Open the folder, which is made if there is none, and empty the trash of what is old."""
        self.place = place
        try:
            (place / TRASH).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"cannot keep projects in {place}: {error.strerror}; name another folder"
            ) from None
        self.purge(time.time())

    def folders(self) -> list[Path]:
        """The folders of all projects, by name."""
        return sorted(path.parent for path in self.place.glob("*/project.json") if _is_id(path))

    def folder(self, id: str) -> Path:
        """The folder of a project. Raises `UserError` where there is none."""
        folder = self.place / id
        if not _ID.fullmatch(id) or id == TRASH or not (folder / "project.json").is_file():
            raise UserError(f"there is no project {id!r}; it may have been removed")
        return folder

    def listed(self) -> list[Project]:
        """All projects, the one that was changed last first."""
        found = [_seen(folder) for folder in self.folders()]
        return sorted(found, key=lambda project: -project.changed)

    def create(self, name: str) -> Path:
        """Make an empty project, and return its folder."""
        name = _checked(name)
        with _told(self.place):
            folder = self._free(name)
            (folder / "photos").mkdir()
            _write(folder, name)
        return folder

    def rename(self, id: str, name: str) -> None:
        """Call a project by another name; its folder stays where it is."""
        with _told(self.place):
            _write(self.folder(id), _checked(name))

    def copy(self, id: str, name: str) -> Path:
        """Copy a project as it is, but for its jobs. Raises `UserError` while one is at work."""
        source, name = self._resting(id), _checked(name)
        with _told(self.place):
            folder = self._free(name)
            try:
                for path in source.iterdir():
                    if path.is_dir() and path.name not in NOT_COPIED:
                        shutil.copytree(path, folder / path.name, symlinks=True)
                    elif path.name == SETTINGS:
                        shutil.copyfile(path, folder / path.name)
                _write(folder, name)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return folder

    def delete(self, id: str) -> str:
        """Put a project into the trash, and return what it is called there."""
        source = self._resting(id)
        thrown = f"{int(time.time())}-{id}"
        with _told(self.place):
            source.rename(self.place / TRASH / thrown)
        return thrown

    def thrown_away(self) -> list[str]:
        """What is in the trash, as `restore` takes it, the oldest first."""
        return sorted(path.name for path in (self.place / TRASH).iterdir() if _thrown_at(path.name))

    def restore(self, thrown: str) -> Path:
        """Take a project out of the trash again, and return its folder."""
        if thrown not in self.thrown_away():
            raise UserError(f"there is no {thrown!r} in the trash; a week may have gone by")
        with _told(self.place):
            folder = self._free(thrown.partition("-")[2])
            # It takes the place of the empty one.
            return (self.place / TRASH / thrown).rename(folder)

    def purge(self, now: float) -> None:
        """Remove for good what was thrown away more than a week before `now`."""
        for path in (self.place / TRASH).iterdir():
            thrown = _thrown_at(path.name)
            if thrown and thrown < now - KEPT:
                shutil.rmtree(path, ignore_errors=True)

    def _resting(self, id: str) -> Path:
        folder = self.folder(id)
        rest(folder)
        return folder

    def _free(self, name: str) -> Path:
        """Make a folder for a project: of its name, with a number where that is taken."""
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "project"
        number = 1
        while True:
            folder = self.place / (slug if number == 1 else f"{slug}-{number}")
            number += 1
            if folder.name in STARTS:
                continue
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                return folder


def _is_id(path: Path) -> bool:
    return path.parent.name != TRASH and bool(_ID.fullmatch(path.parent.name))


def _thrown_at(name: str) -> int | None:
    match = re.fullmatch(rf"(\d+)-{_ID.pattern}", name)
    return int(match[1]) if match else None


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise UserError(f"expected a name of 1 to {LONGEST_NAME} letters, got {len(name)}")
    return name


def _write(folder: Path, name: str) -> None:
    objects.write(folder / "project.json", {"schema": 1, "name": name})


def name_of(folder: Path) -> str:
    """Return what the project in a folder is called."""
    # Damaged, it is still there, and can be named again.
    return str(objects.read(folder / "project.json").get("name", folder.name))


def _seen(folder: Path) -> Project:
    changed, size = 0.0, 0
    for root, _, files in os.walk(folder):
        for file in files:
            with contextlib.suppress(OSError):  # A job may take its files away meanwhile.
                status = os.lstat(os.path.join(root, file))
                changed, size = max(changed, status.st_mtime), size + status.st_size
    shown = (max(folder.glob(pattern), default=None) for pattern in _THUMBNAILS)
    return Project(folder.name, name_of(folder), changed, size, next(filter(None, shown), None))


@contextlib.contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write in {place}: {error.strerror}; make room there") from None
