"""Serve what lies in a project and may be seen: thumbnails, sheets, the files of a bundle."""

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse

from demo.errors import UserError
from demo.studio import photos
from demo.studio.projects import Projects

OPEN = ("thumbs", "data", "run", "sketches", "live", "bundle")  # Folders of a project.
# By suffix what a browser takes it for; whatever else lies there is not sent.
KINDS = {
    **{kind: f"image/{kind[1:]}" for kind in (".png", ".webp", ".gif")},
    ".jpg": "image/jpeg",
    ".json": "application/json",
    **{kind: "application/octet-stream" for kind in (".tflite", ".bin", ".onnx")},
}
# Whatever somebody made of a file: opened by itself it is nobody's page.
POLICY = "default-src 'none'; sandbox"


class Files:
    """Answers `/files/ID/PATH`."""

    def __init__(self, projects: Projects) -> None:
        self.projects = projects

    async def send(self, request: Request) -> FileResponse:
        """Send a file of a project; 404 for whatever is none, or leads out of its folder."""
        id, path = request.path_params["id"], request.path_params["path"]
        found = await run_in_threadpool(self._found, id, path)
        if found is None:
            raise HTTPException(404, "there is no such file")
        kind = KINDS[found.suffix]
        # The name stays, and what is in it changes: a browser asks each time.
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
        return FileResponse(found, media_type=kind, headers=headers)

    def _found(self, id: str, path: str) -> Path | None:
        try:
            project = self.projects.folder(id)
            first, *rest = path.split("/")
            if first not in OPEN or not rest or any(_is_trick(part) for part in rest):
                return None
            if first == photos.THUMBNAILS and len(rest) == 1 and rest[0].endswith(".jpg"):
                return photos.thumbnail(project, rest[0].removesuffix(".jpg"))
            found = (project / path).resolve(strict=True)
        except (UserError, OSError, ValueError):
            return None
        inside = found.is_relative_to(project.resolve())
        return found if inside and found.suffix in KINDS and found.is_file() else None


def _is_trick(part: str) -> bool:
    return part.startswith(".") or not part or "\\" in part or "\0" in part


def address(project: Path, file: Path | None) -> str | None:
    """Return the address of a file of a project, which is another one when the file was changed."""
    if file is None:
        return None
    try:
        changed = file.stat().st_mtime_ns // 1_000_000
    except OSError:
        return None
    return f"/files/{project.name}/{file.relative_to(project).as_posix()}?{changed:x}"
