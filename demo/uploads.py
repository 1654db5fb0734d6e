"""Take the files that programs upload, and no more than a folder of bounded size holds."""

import contextlib
import hashlib
import os
import re
import tempfile
import threading
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from demo.environment import FOLDER
from demo.errors import UserError

MAX_FILE = 2 * 2**20
MAX_FILES = 8  # In a request: a client of this page's API sends one.
MAX_KEPT = 64 * 2**20  # Of uploads and Gradio's pictures together; some thirty of the largest.
MAX_KEPT_FILES = 1000

_URL = re.compile(r"\s*[a-z][a-z0-9+.-]*:/", re.IGNORECASE)


def folder() -> Path:
    """Return where uploads lie, and the pictures that Gradio has made: `SHA-256/name`."""
    return FOLDER


def stored() -> str:
    """Return a regular expression for the path of a file in `folder()`."""
    return re.escape(folder().as_posix()) + r"/[0-9a-f]{64}/[\w-][\w.-]*"


def check_uploaded(file: dict[str, Any]) -> dict[str, Any]:
    """Return what a client sends in place of a file, or raise `UserError` where it is not here.

    Gradio would download a URL, whichever component it was sent to.
    """
    path = file.get("path")
    if isinstance(path, str) and _URL.match(path):
        raise UserError("expected an uploaded file, got a URL; download it first")
    if not isinstance(path, str) or not re.fullmatch(stored(), path) or not os.path.isfile(path):
        raise UserError("expected an uploaded file; upload it first, or again")
    return file


def make_room(size: int = 0) -> None:
    """Let go of the oldest files in `folder()` until one more of so many bytes has room."""
    found = []
    for path in folder().glob("*/*"):
        with contextlib.suppress(OSError):  # Gradio lets go of old ones, too.
            told = path.stat()
            found.append((told.st_mtime_ns, path, told.st_size))
    kept = sum(bytes for _, _, bytes in found)
    for number, (_, path, bytes) in enumerate(sorted(found)):
        if len(found) - number < MAX_KEPT_FILES and kept + size <= MAX_KEPT:
            break
        kept -= bytes
        with contextlib.suppress(OSError):
            path.unlink()
            path.parent.rmdir()  # It may hold another name of the same content.


class Uploads:
    """A route that takes files, as Gradio's own does, and lets go of the oldest when it is full.

    `listed` is the page's set of uploaded files, which Gradio empties as they age.
    """

    def __init__(self, listed: set[str]) -> None:
        self._listed = listed
        self._lock = threading.Lock()

    async def take(self, request: Request) -> JSONResponse:
        """Keep the files of a form, and answer with their paths, as a list."""
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise HTTPException(415, "expected multipart/form-data")
        async with request.form(max_files=MAX_FILES, max_fields=0) as form:  # 400 for a broken one.
            files = [item for item in form.getlist("files") if isinstance(item, UploadFile)]
            if any((file.size or 0) > MAX_FILE for file in files):
                raise HTTPException(413, f"expected files of at most {MAX_FILE} bytes")
            contents = [(file.filename or "", await file.read()) for file in files]
        if not contents:
            raise HTTPException(400, "expected a file in the form's field `files`")
        try:
            paths = [await run_in_threadpool(self._keep, *content) for content in contents]
        except OSError:
            raise HTTPException(507, "there is no room for the file; try again later") from None
        return JSONResponse(paths)

    def _keep(self, name: str, content: bytes) -> str:
        plain = re.sub(r"[^\w.-]", "_", name.replace("\\", "/").split("/")[-1], flags=re.ASCII)
        path = folder() / hashlib.sha256(content).hexdigest() / (plain.lstrip(".")[-100:] or "file")
        with self._lock:
            make_room(len(content))
            self._listed.intersection_update({old for old in self._listed if os.path.exists(old)})
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                try:
                    file.write(content)
                    file.flush()
                    os.replace(file.name, path)
                except OSError:
                    os.unlink(file.name)
                    raise
            self._listed.add(str(path))
        return str(path)
