"""Open a bundle by its address: what the page needs of it is downloaded once, and checked.

Downloads lie in `~/.cache/garabato/bundles` (`XDG_CACHE_HOME`), a folder for each card that an
address has had; remove them whenever you like. The card is asked for each time, and what has
changed is downloaded; where there is no network, what was downloaded last is opened.
"""

import hashlib
import json
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from demo.cards import FORMATS, MAX_CARD
from demo.carried import parts, pictures, trim
from demo.downloads import NotReached, connection, get
from demo.errors import UserError

CARD = "card.json"
HUB = "hub:"
MOST_BYTES = 2**30  # Of a bundle's models in all; those of 54 million parameters have half of it.
MOST_FILES = 200
# Of an example or a known answer, of which a card tells neither size nor hash.
PICTURE_BYTES = 2**22

# Folders and a name with no dot before them, so that nothing leads out of the bundle.
_PATH = re.compile(r"([\w-][\w.-]{0,99}/){0,3}[\w-][\w.-]{0,99}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class _Wanted:
    """A file to download: a model with its hash, or a picture, which has none."""

    path: str
    size: int  # Bytes; of a picture the most.
    sha256: str | None

    def is_in(self, content: bytes) -> bool:
        fits = len(content) == self.size and hashlib.sha256(content).hexdigest() == self.sha256
        return fits if self.sha256 else len(content) <= self.size


def local(bundle: str) -> Path:
    """Return the folder of a bundle, or the one that what is at its address was downloaded into.

    Args:
        bundle: a folder, or `https://` with the address of a card.json or of its folder (`http://`
            on this machine), or `hub:OWNER/NAME`, a model at the Hugging Face hub (`HF_ENDPOINT`).

    Raises:
        UserError: it cannot be downloaded, is too large, or is not what its card says.
    """
    if not bundle.startswith(HUB) and "://" not in bundle:
        return Path(bundle)
    base = _base(bundle)
    place = _cache() / hashlib.sha256(str(base).encode()).hexdigest()[:32]
    with connection(base) as client:
        try:
            content = get(client, base.join(CARD), MAX_CARD)
        except NotReached as reason:
            return _latest(place, reason)
        card, wanted = _read(content, base.join(CARD))
        folder = place / hashlib.sha256(content).hexdigest()[:32]
        try:
            _complete(folder, wanted, client, base)
            _write(folder / CARD, json.dumps(card, indent=1).encode())  # Last: now it is a bundle.
            os.utime(folder)
        except OSError as error:
            raise UserError(
                f"cannot write {folder} ({error}); make room, or name a place in XDG_CACHE_HOME"
            ) from None
    return folder


def _base(address: str) -> httpx.URL:
    """Return the address of the folder, with a slash at its end."""
    try:
        if address.startswith(HUB):
            from huggingface_hub import hf_hub_url  # Late: it takes half a second to import.

            url = httpx.URL(hf_hub_url(address.removeprefix(HUB), CARD))
        else:
            url = httpx.URL(address)
    except (ValueError, httpx.InvalidURL) as error:
        raise UserError(f"expected https://... or hub:OWNER/NAME, got {address}: {error}") from None
    path = url.path.removesuffix(CARD) if url.path.endswith(f"/{CARD}") else url.path
    return url.copy_with(path=path.rstrip("/") + "/")


def _cache() -> Path:
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        place = named if named.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        raise UserError(
            "this user has no home to keep bundles in: set XDG_CACHE_HOME to a folder that can be "
            "written"
        ) from None
    return place / "garabato" / "bundles"


def _latest(place: Path, reason: NotReached) -> Path:
    """Return what was downloaded last from an address that cannot be reached."""
    folders = [card.parent for card in place.glob(f"*/{CARD}")]
    if not folders:
        raise reason
    newest = max(folders, key=lambda folder: folder.stat().st_mtime)
    day = time.strftime("%Y-%m-%d", time.localtime(newest.stat().st_mtime))
    print(f"warning: {reason}; what was there on {day} is opened", file=sys.stderr)
    return newest


def _read(content: bytes, url: httpx.URL) -> tuple[dict[str, Any], list[_Wanted]]:
    """Return the card as it is kept, and the files that go with it."""
    try:
        card = json.loads(content.decode("utf-8"))
        trim(card, FORMATS)
        models = [entry for part in parts(card) for entry in part["files"].values()]
        wanted = [_Wanted(entry["path"], entry["bytes"], entry["sha256"]) for entry in models]
        for each in wanted:
            if not (isinstance(each.size, int) and each.size > 0):
                raise ValueError(f"{each.size!r} bytes")
            if not _SHA256.fullmatch(each.sha256 or ""):
                raise ValueError(f"a sha256 of {each.sha256!r:.80}")
        total = sum(each.size for each in wanted)
        wanted += [_Wanted(path, PICTURE_BYTES, None) for path in pictures(card)]
        outside = [each.path for each in wanted if not _PATH.fullmatch(each.path)]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise UserError(f"{url} is no card of a bundle ({error})") from None
    if outside:
        raise UserError(f"{url} names a file outside of its folder: {outside[0]!r:.80}")
    if total > MOST_BYTES or len(wanted) > MOST_FILES:
        raise UserError(
            f"{url} is too large: {total} bytes of models and {len(wanted)} files, where "
            f"{MOST_BYTES} and {MOST_FILES} are the most"
        )
    return card, wanted


def _complete(folder: Path, wanted: list[_Wanted], client: httpx.Client, base: httpx.URL) -> None:
    """Download what is not in the folder yet, or is not as it should be."""
    missing = [each for each in wanted if not _is_there(folder / each.path, each)]
    if any(each.sha256 for each in missing):
        megabytes = sum(each.size for each in missing if each.sha256) / 1e6
        print(f"downloading {megabytes:.1f} MB from {base}", flush=True)
    for each in missing:
        content = get(client, base.join(each.path), each.size)
        if not each.is_in(content):
            raise UserError(
                f"{base.join(each.path)} is not what the card describes: expected {each.size} "
                f"bytes with sha256 {each.sha256}, got {len(content)} others; ask who made it"
            )
        _write(folder / each.path, content)


def _is_there(path: Path, wanted: _Wanted) -> bool:
    return path.is_file() and wanted.is_in(path.read_bytes())


def _write(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it: who else opens the bundle finds it whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        beside = Path(file.name)
        try:
            file.write(content)
        except OSError:
            beside.unlink()
            raise
    beside.replace(path)
