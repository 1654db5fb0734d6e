"""A project's photos: those that were sent, in its own folder, or a folder of this machine.

    PROJECT/photos/NAME.jpg  thumbs/ID.jpg  thumbs/looks.jsonl

A photo's id is a hash of its path below that folder, so that it may stand in any address.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from demo.errors import UserError
from demo.studio import settings
from demo.studio.thumbnails import FORMATS, Unusable, look_at

OWN = "photos"
THUMBNAILS = "thumbs"
MOST = 50_000  # Photos in a project.
SUFFIXES = {*FORMATS.values(), ".jpeg", ".jpe", ".jfif", ".apng", ".heif", ".hif", ".tiff", ".dib"}
_FRESH = 10.0  # Seconds for which a folder of this machine is not listed anew.


@dataclass(frozen=True)
class Listing:
    """The photos of a folder by their ids, the first first, and what else is there, by suffix."""

    paths: dict[str, Path]
    left_out: Counter[str]

    def without(self, ids: set[str]) -> "Listing":
        """Leave out these photos."""
        kept = {id: path for id, path in self.paths.items() if id not in ids}
        return Listing(kept, self.left_out)

    def fingerprint(self) -> str:
        """Return what changes whenever photos come, go or are changed."""
        digest = hashlib.sha256()
        for id, path in sorted(self.paths.items()):
            with contextlib.suppress(OSError):
                told = path.stat()
                digest.update(f"{id} {told.st_size} {told.st_mtime_ns}\n".encode())
        return digest.hexdigest()[:16]


_listed: dict[Path, tuple[float, Listing]] = {}


def folder_of(project: Path) -> Path:
    """Return where a project's photos are."""
    named = settings.read(project)["folder"]
    return Path(named) if named else project / OWN


def listing(project: Path, fresh: bool = False) -> Listing:
    """List a project's photos; those of a named folder as they were seconds ago, if not `fresh`.

    Raises `UserError` where that folder is gone.
    """
    folder = folder_of(project)
    found = _all_of(folder, folder == project / OWN, fresh)
    taken_out = {id_of(Path(path)) for path in settings.read(project)["taken_out"]}
    return found.without(taken_out) if taken_out else found


def _all_of(folder: Path, own: bool, fresh: bool) -> Listing:
    when, known = _listed.get(folder, (0.0, None))
    if known and not own and not fresh and time.monotonic() - when < _FRESH:
        return known
    if not folder.is_dir():
        raise UserError(
            f"the folder of the photos, {folder}, is not there any more; bring it back (is its "
            "disk connected?), or choose another one; nothing that was made of them is lost"
        )
    found = listed_in(folder)
    if not own:
        _listed[folder] = (time.monotonic(), found)
    return found


def listed_in(folder: Path) -> Listing:
    """List the photos of a folder, by their suffixes."""
    paths: dict[str, Path] = {}
    left_out = Counter[str]()
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            if name.startswith("."):
                continue
            if path.suffix.lower() not in SUFFIXES:
                left_out["not-a-picture"] += 1
            elif len(paths) >= MOST:
                left_out["no-room"] += 1
            else:
                paths[id_of(path.relative_to(folder))] = path
    return Listing(paths, left_out)


def id_of(path: Path) -> str:
    """Return the id of a photo by its path below the folder; names are bytes, not all UTF-8."""
    return hashlib.sha256(path.as_posix().encode("utf-8", "surrogateescape")).hexdigest()[:16]


def keep(project: Path, source: Path, name: str) -> None:
    """Take a file, which lies in the project, among the photos, under a path like `name`.

    Raises `Unusable` with the kind where it is left out; the file is gone then, too.
    """
    try:
        place = project / OWN / Path(name).parent
        thumbnail = project / THUMBNAILS / f".{source.name}.jpg"
        suffix, look = look_at(source, thumbnail)
        place.mkdir(parents=True, exist_ok=True)
        target = _free(place, Path(name).stem, suffix, source)
        id = id_of(target.relative_to(project / OWN))
        thumbnail.replace(project / THUMBNAILS / f"{id}.jpg")
        source.replace(target)
        _note(project, id, look)
    finally:
        source.unlink(missing_ok=True)


def _free(place: Path, stem: str, suffix: str, source: Path) -> Path:
    """Take a name that is free; raise `Unusable` where the same file has one like it already."""
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in stem)
    plain = plain.strip("-")[:60] or "photo"
    number = 1
    while True:
        path = place / f"{plain}{'' if number == 1 else f'-{number}'}{suffix}"
        try:
            path.open("x").close()
            return path
        except FileExistsError:
            if path.stat().st_size == source.stat().st_size and _digest(path) == _digest(source):
                raise Unusable("twice") from None
        number += 1


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(project: Path, id: str) -> None:
    """Take a photo out: one that was sent is gone, one in somebody's folder stays there, unused.

    Raises `UserError` where there is none.
    """
    path = listing(project).paths.get(id)
    if path is None:
        raise UserError("there is no such photo; it may have been taken out already")
    folder = folder_of(project)
    if folder != project / OWN:
        settings.take_out(project, path.relative_to(folder).as_posix())
        return
    path.unlink(missing_ok=True)
    (project / THUMBNAILS / f"{id}.jpg").unlink(missing_ok=True)


def name_folder(project: Path, path: str) -> None:
    """Take the photos of a folder of this machine; with no path, those that were sent, again.

    Raises `UserError` where there is no such folder.
    """
    folder = Path(os.path.expanduser(path))  # Which leaves the home of nobody as it is.
    if path and not (folder.is_absolute() and folder.is_dir()):
        raise UserError(f"found no folder at {path}; give its whole path, from / on")
    if path and (folder.resolve() in project.resolve().parents or folder.resolve() == project):
        raise UserError("this folder holds the project itself; give the folder of the photos")
    settings.change(project, folder=str(folder) if path else None, taken_out=[])
    shutil.rmtree(project / THUMBNAILS, ignore_errors=True)


def thumbnail(project: Path, id: str) -> Path:
    """Return the file of a photo's thumbnail, which is made if there is none yet.

    Raises `UserError` where there is no such photo, or it cannot be read.
    """
    path = project / THUMBNAILS / f"{id}.jpg"
    if not path.is_file():
        photo = listing(project).paths.get(id)
        if photo is None:
            raise UserError("there is no such photo; it may have been taken out already")
        try:
            _, look = look_at(photo, path)
        except Unusable as kind:
            raise UserError(f"{photo.name} cannot be shown: {kind}") from None
        _note(project, id, look)
    return path


def looks(project: Path) -> dict[str, str]:
    """Hashes of what those photos look like of which there are thumbnails, by id."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in (project / THUMBNAILS / "looks.jsonl").read_text("utf-8").splitlines():
            with contextlib.suppress(ValueError, TypeError, KeyError):  # A crash cuts lines short.
                told = json.loads(line)
                int(told["look"], 16)
                found[str(told["id"])] = told["look"]
    return found


def _note(project: Path, id: str, look: str) -> None:
    with open(project / THUMBNAILS / "looks.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"id": id, "look": look}) + "\n")
