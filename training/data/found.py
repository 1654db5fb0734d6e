"""Find the pictures of a folder, whatever they are called, and count what is left out."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from training.errors import UserError

SUFFIXES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"),
    *(".heic", ".heif", ".hif", ".avif", ".tif", ".tiff"),
}
# Folders in which file servers, cameras and systems keep small copies, or what was thrown away.
COPIES = {
    *("@eadir", "#recycle", "#snapshot", "$recycle.bin", "__macosx", "lost+found", "thmbnl"),
    *("thumbnails", "system volume information", "@recycle", "@recently-snapshot"),
}
# Libraries of photo programs: beside the photos they hold copies of them in other sizes.
LIBRARIES = {".photoslibrary", ".photolibrary", ".aplibrary"}
ORIGINALS = {"originals", "masters"}
MOST_KINDS = 8  # In a sentence.
_HEAD = 32  # Bytes, which tell a picture by its content.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}


@dataclass
class Found:
    """The paths of the pictures below a folder, sorted, and what else is there, by kind.

    They begin in that folder and have slashes on every system. Of a million of them each object
    counts: who reads one makes a `Path` of it.
    """

    names: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def find(folder: Path) -> Found:
    """Look for pictures in a folder and all below it.

    A file is one by its suffix, or, where that says nothing of pictures, by its first bytes. Hidden
    files and folders are passed over. Links to folders are followed, each real folder once, so a
    loop of links ends. A folder below that cannot be read is counted with what is left out. Raises
    `UserError` when `folder` is no folder, or cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"expected a folder of photos, found no folder at {folder}")
    found, seen = Found(), set()
    ahead = [""]  # Folders that are not listed yet, each with a slash at its end.
    while ahead:
        below = ahead.pop()
        place = os.path.realpath(folder / below)
        if place in seen:
            continue
        seen.add(place)
        folders = []
        try:
            listed = _listed(folder / below)
        except OSError as error:
            if not below:
                raise UserError(f"cannot read the folder {folder}: {error.strerror}") from None
            found.left_out[f"in {below[:-1]}, which cannot be read"] += 1
            continue
        # Of a million files each call counts: what a folder says of one is not asked again.
        for name, kind in listed:
            if kind == "folder":
                folders.append(name)
            elif name[0] == ".":
                continue
            elif kind == "file" and _suffix(name) in SUFFIXES:
                found.names.append(below + name)
            elif is_picture(folder / below / name):
                found.names.append(below + name)
            else:
                found.left_out[_kind_of_file(name)] += 1
        library = os.path.splitext(place)[1].lower() in LIBRARIES
        copies = [
            name
            for name in folders
            if name.lower() in COPIES or (library and name.lower() not in ORIGINALS)
        ]
        found.left_out.update(f"in {name}" for name in copies)
        folders = [name for name in folders if name[0] != "." and name not in copies]
        ahead += [f"{below}{name}/" for name in sorted(folders, reverse=True)]
    found.names.sort()
    return found


def _listed(folder: Path) -> Iterator[tuple[str, str]]:
    """Give what is in a folder, with its kind. Raises `OSError` at once."""
    return ((entry.name, _kind(entry)) for entry in os.scandir(folder))


def _kind_of_file(name: str) -> str:
    """What a file that is no picture is counted as: by its suffix, numbers as one."""
    suffix = Path(name).suffix.lower()
    if suffix[1:].isdecimal():
        return "with a number at the end"
    return suffix or "without a suffix"


def _kind(entry: os.DirEntry[str]) -> str:
    """Tell a `file` from a `folder`, or a link to one, and from an `other`: links, pipes."""
    if entry.is_file(follow_symlinks=False):
        return "file"
    try:
        return "folder" if entry.is_dir() else "other"
    except OSError:  # A link to itself.
        return "other"


def _suffix(name: str) -> str:
    """Give what follows the last dot, with it, in small letters; without a dot, a letter."""
    return name[name.rfind(".") :].lower()


def find_photos(folder: Path) -> list[str]:
    """Give the paths that `find` finds, below `folder`. Raises `UserError` where there are none."""
    found = find(folder)
    if not found.names:
        other = f"; what is there: {told(found.left_out)}" if found.left_out else ""
        raise UserError(f"found no photo in {folder} or its sub-folders{other}")
    return found.names


def told(kinds: Counter[str]) -> str:
    """Say how many there are of each kind, the most first, and of the rarest together."""
    ordered = kinds.most_common()
    more = ordered[MOST_KINDS:] if len(ordered) > MOST_KINDS + 1 else []
    listed = [f"{count:,} {kind}" for kind, count in ordered[: len(ordered) - len(more)]]
    if more:
        listed.append(f"{sum(count for _, count in more):,} of {len(more):,} other kinds")
    return ", ".join(listed)


def is_picture(path: Path) -> bool:
    """Tell whether a path is a visible file that is a picture by its suffix or its first bytes.

    A link that leads nowhere is one by its name: whoever reads it says what is wrong with it.
    """
    if path.name.startswith("."):
        return False
    named = path.suffix.lower() in SUFFIXES
    if not os.path.isfile(path):  # A pipe would keep whoever reads it waiting.
        return named and os.path.islink(path) and not os.path.exists(path)
    return named or _looks_like_one(path)


def _looks_like_one(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    # Not TIFF: cameras' raw files begin like it.
    return head.startswith(_SIGNATURES) or (head[4:8] == b"ftyp" and head[8:12] in _BRANDS)
