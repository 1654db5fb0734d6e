"""Take what a browser sends, a picture or a zip of them, bounded, and say what was left out."""

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any

from starlette.concurrency import run_in_threadpool

from demo.errors import UserError
from demo.studio import photos, settings, zips
from demo.studio.jobs import LEAST_ROOM
from demo.studio.thumbnails import Unusable

MOST_SENT = 8 * 2**30  # Bytes of a zip; of a picture fewer, see `zips`.
FULL = "the disk is full; make room, then send again what is missing"
_PIECE = 2**20
# Folders of pairs: what is drawn, and what is to come of it.
SIDES = {"input": "input", "a": "input", "target": "target", "b": "target"}


class Full(UserError):
    """There is no room on the disk."""


class TooLarge(UserError):
    """More bytes than anybody may send."""


async def take(project: Path, name: str, body: AsyncIterator[bytes]) -> dict[str, Any]:
    """Store what comes, a picture or a zip, and return how many photos were `added`.

    And `left_out`, by kind. Raises `Full` or `TooLarge`, and `UserError` for a damaged zip; what
    was taken in until then stays.
    """
    with _told_of_room(), tempfile.TemporaryDirectory(dir=project, prefix=".incoming-") as folder:
        sent = Path(folder) / "sent"
        zipped = await _receive(body, sent)
        found = await run_in_threadpool(_unpack if zipped else _one, project, sent, name)
        added, left_out = found
        settings.count_left_out(project, left_out)
    told = [{"kind": kind, "count": count} for kind, count in left_out.most_common()]
    return {"added": added, "left_out": told}


async def _receive(body: AsyncIterator[bytes], path: Path) -> bool:
    """Write it to a file; returns whether it is a zip."""
    head, size = b"", 0
    with open(path, "wb") as file:
        async for part in body:
            head = (head + part[:4])[:4]
            size += len(part)
            if size > (MOST_SENT if head == b"PK\x03\x04" else zips.MOST_FILE):
                raise TooLarge(
                    f"expected a picture of at most {zips.MOST_FILE >> 20} MB, or a zip of at most "
                    f"{MOST_SENT >> 30} GB"
                )
            if size % _PIECE < len(part) and shutil.disk_usage(path.parent).free < LEAST_ROOM:
                raise Full(FULL)
            await run_in_threadpool(file.write, part)
    return head == b"PK\x03\x04"


def _one(project: Path, sent: Path, name: str) -> tuple[int, Counter[str]]:
    left_out = Counter[str]()
    room = photos.MOST - len(_own(project))
    return _keep(project, sent, Path(name.replace("\\", "/")).name, room, left_out), left_out


def _unpack(project: Path, sent: Path, _: str) -> tuple[int, Counter[str]]:
    left_out = Counter[str]()
    room, added = photos.MOST - len(_own(project)), 0
    pairs = settings.read(project)["pairs"]
    for number, (name, content) in enumerate(zips.pictures(sent, left_out)):
        path = sent.with_name(f"{number}")
        try:
            _copy(content, path)
        except zips.DAMAGE:
            left_out["damaged"] += 1
            path.unlink(missing_ok=True)
            continue
        added += _keep(project, path, _place(name, pairs), room - added, left_out)
    return added, left_out


def _copy(content: IO[bytes], path: Path) -> None:
    with open(path, "wb") as file:
        shutil.copyfileobj(content, file, _PIECE)
    if shutil.disk_usage(path.parent).free < LEAST_ROOM:
        raise Full(FULL)


def _keep(project: Path, path: Path, name: str, room: int, left_out: Counter[str]) -> int:
    try:
        if room <= 0:
            raise Unusable("no-room")
        photos.keep(project, path, name)
    except Unusable as kind:
        left_out[str(kind)] += 1
        path.unlink(missing_ok=True)
        return 0
    return 1


def _place(name: str, pairs: bool) -> str:
    """Keep of a path in a zip the last name, and below it which side of a pair it is."""
    *folders, last = name.replace("\\", "/").split("/")
    side = SIDES.get(folders[-1].lower()) if pairs and folders else None
    return f"{side}/{last}" if side else last


def _own(project: Path) -> dict[str, Path]:
    place = project / photos.OWN
    return photos.listed_in(place).paths if place.is_dir() else {}


@contextlib.contextmanager
def _told_of_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Full(f"{FULL} ({error.strerror})") from None
