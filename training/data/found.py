"""Find the pictures of a folder, whatever they are called, and count what is left out."""

import os
from collections import Counter
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
    *("thumbnails", "system volume information"),
}
_HEAD = 32  # Bytes, which tell a picture by its content.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}


@dataclass
class Found:
    """The pictures below a folder by their paths there, sorted, and what else is there, by kind.

    These paths have slashes on every system.
    """

    pictures: dict[str, Path] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def find(folder: Path) -> Found:
    """Look for pictures in a folder and all below it.

    A file is one by its suffix, or, where that says nothing of pictures, by its first bytes. Hidden
    files and folders are passed over. Links to folders are followed, each real folder once, so a
    loop of links ends. Raises `UserError` when `folder` is not a folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"expected a folder of photos, found no folder at {folder}")
    seen: set[str] = set()
    found = Found()
    for root, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        if os.path.realpath(root) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(root))
        copies = [name for name in folders if name.lower() in COPIES]
        folders[:] = [name for name in folders if name[0] != "." and name not in copies]
        found.left_out.update(f"in {name}" for name in copies)
        place = Path(root)
        # Of a million files each call counts: what a folder says of its files need not be asked.
        plain = _plain_files(root)
        below = root[len(os.fspath(folder)) :].strip(os.sep).replace(os.sep, "/")
        for name in files:
            if name[0] == ".":
                continue
            path = place / name
            named = os.path.splitext(name)[1].lower() in SUFFIXES
            if (named and name in plain) or is_picture(path):
                found.pictures[f"{below}/{name}" if below else name] = path
            else:
                found.left_out[path.suffix.lower() or "without a suffix"] += 1
    found.pictures = dict(sorted(found.pictures.items()))
    return found


def _plain_files(folder: str) -> set[str]:
    """The names of what is neither a link nor a pipe; none of a folder that is gone meanwhile."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}
    except OSError:
        return set()


def find_photos(folder: Path) -> list[Path]:
    """Give the pictures that `find` finds. Raises `UserError` where there are none."""
    found = find(folder)
    if not found.pictures:
        other = f"; what is there: {told(found.left_out)}" if found.left_out else ""
        raise UserError(f"found no photo in {folder} or its sub-folders{other}")
    return list(found.pictures.values())


def told(kinds: Counter[str]) -> str:
    """Say how many there are of each kind, the most first."""
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())


def is_picture(path: Path) -> bool:
    """Tell whether a path is a visible file that is a picture by its suffix or its first bytes.

    A link that leads nowhere is one by its name: whoever reads it says what is wrong with it.
    """
    if path.name.startswith("."):
        return False
    named = path.suffix.lower() in SUFFIXES
    if not path.is_file():  # A pipe would keep whoever reads it waiting.
        return named and path.is_symlink() and not path.exists()
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
