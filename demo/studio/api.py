"""The routes of `/api`: JSON in, JSON out; what went wrong is one sentence, as `error`."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from demo.errors import UserError
from demo.studio import described, downloads, listed, photos, plans, settings, sketches, uploads
from demo.studio.jobs import Busy, Job
from demo.studio.listed import Listed
from demo.studio.live import Live
from demo.studio.projects import Projects
from demo.studio.steps import Steps

MOST_TOLD = 65_536  # Bytes of a body of JSON.
STATUS: dict[type[UserError], int] = {
    Busy: 409,
    downloads.NotYet: 409,
    uploads.TooLarge: 413,
    uploads.Full: 507,
}
Told = dict[str, Any]
Answer = Callable[[Request], Awaitable[Response]]


class NoProject(UserError):
    """There is no project of this name."""


class Api:
    """Answers what the page asks for. Whatever reads or writes files does so in a thread."""

    def __init__(self, projects: Projects, steps: Steps, live: Live, local: bool) -> None:
        self.projects, self.steps, self.live, self.local = projects, steps, live, local
        self.listed = Listed(projects, steps.line, local)

    def routes(self) -> list[Route]:
        """Return the routes, each with its method."""
        one = "/projects/{id}"
        return [
            Route("/state", self._get(lambda _: self.listed.state())),
            Route("/projects", self._tell(self._create), methods=["POST"]),
            Route("/trash/{id}/restore", self._tell(self._restore), methods=["POST"]),
            Route(one, self._get(lambda request: described.project(self._project(request)))),
            Route(one, self._tell(self._delete), methods=["DELETE"]),
            Route(f"{one}/rename", self._tell(self._rename), methods=["POST"]),
            Route(f"{one}/copy", self._tell(self._copy), methods=["POST"]),
            Route(f"{one}/photos", self._photos, methods=["POST"]),
            Route(f"{one}/photos/{{photo}}", self._tell(self._remove), methods=["DELETE"]),
            Route(f"{one}/folder", self._tell(self._folder), methods=["POST"]),
            Route(f"{one}/put-back", self._tell(self._put_back), methods=["POST"]),
            Route(f"{one}/pairs", self._tell(self._pairs), methods=["POST"]),
            Route(f"{one}/sketches", self._tell(self._sketches), methods=["POST"]),
            Route(f"{one}/choice", self._tell(self._choice), methods=["PUT"]),
            Route(f"{one}/train", self._tell(self._train), methods=["POST"]),
            Route(f"{one}/more", self._tell(self._more), methods=["POST"]),
            Route(f"{one}/stop", self._tell(self._stop), methods=["POST"]),
            Route(f"{one}/jobs/{{number:int}}/cancel", self._tell(self._cancel), methods=["POST"]),
            Route(f"{one}/export", self._tell(self._export), methods=["POST"]),
            Route(f"{one}/download/{{kind}}", self._download),
        ]

    def _project(self, request: Request) -> Path:
        try:
            return self.projects.folder(request.path_params["id"])
        except UserError as error:
            raise NoProject(str(error)) from None

    def _get(self, answer: Callable[[Request], Told]) -> Answer:
        async def get(request: Request) -> Response:
            return JSONResponse(await run_in_threadpool(answer, request))

        return get

    def _tell(self, answer: Callable[[Request, Told], Told]) -> Answer:
        async def tell(request: Request) -> Response:
            told = await _body(request)
            return JSONResponse(await run_in_threadpool(answer, request, told))

        return tell

    def _create(self, _: Request, told: Told) -> Told:
        return {"id": self.projects.create(_text(told, "name")).name}

    def _rename(self, request: Request, told: Told) -> Told:
        self.projects.rename(self._project(request).name, _text(told, "name"))
        return {}

    def _copy(self, request: Request, told: Told) -> Told:
        return {"id": self.projects.copy(self._project(request).name, _text(told, "name")).name}

    def _delete(self, request: Request, _: Told) -> Told:
        project = self._project(request)
        self.live.let_go(project)
        return {"trash": self.projects.delete(project.name)}

    def _restore(self, request: Request, _: Told) -> Told:
        return {"id": self.projects.restore(request.path_params["id"]).name}

    async def _photos(self, request: Request) -> Response:
        project = await run_in_threadpool(self._project, request)
        if settings.read(project)["folder"]:
            raise UserError("this project takes the photos of a folder; put them into that folder")
        name = unquote(request.headers.get("x-name", "photo"))[-200:]
        try:
            return JSONResponse(await uploads.take(project, name, request.stream()))
        except ClientDisconnect:
            return Response(status_code=400)

    def _remove(self, request: Request, _: Told) -> Told:
        photos.remove(self._project(request), request.path_params["photo"])
        return {}

    def _folder(self, request: Request, told: Told) -> Told:
        if not self.local:
            raise UserError("a folder can be named only where the studio serves its own machine")
        photos.name_folder(self._project(request), _text(told, "path"))
        return {}

    def _put_back(self, request: Request, _: Told) -> Told:
        settings.change(self._project(request), taken_out=[])
        return {}

    def _pairs(self, request: Request, told: Told) -> Told:
        settings.change(self._project(request), pairs=bool(told.get("pairs")))
        return {}

    def _sketches(self, request: Request, told: Told) -> Told:
        return {"sketch": sketches.make(self._project(request), told)}

    def _choice(self, request: Request, told: Told) -> Told:
        settings.change(self._project(request), choice=plans.prepare_options(told))
        return {}

    def _train(self, request: Request, told: Told) -> Told:
        project = self._project(request)
        self.live.let_go(project)
        return _jobs(self.steps.train(project, told))

    def _more(self, request: Request, told: Told) -> Told:
        return _jobs(self.steps.more(self._project(request), told))

    def _stop(self, request: Request, _: Told) -> Told:
        self.steps.stop(self._project(request))
        return {}

    def _cancel(self, request: Request, _: Told) -> Told:
        number = request.path_params["number"]
        self.steps.cancel(self._project(request), number)
        return {}

    def _export(self, request: Request, told: Told) -> Told:
        project = self._project(request)
        self.live.let_go(project)
        return _jobs(self.steps.export(project, told))

    async def _download(self, request: Request) -> Response:
        project, kind = await run_in_threadpool(self._project, request), request.path_params["kind"]
        if kind not in downloads.KINDS:
            raise NoProject(f"expected one of {', '.join(downloads.KINDS)}")
        parts = await run_in_threadpool(downloads.stream, project, kind)
        name = project.name if kind == "bundle" else f"{project.name}-{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
        return StreamingResponse(parts, media_type="application/zip", headers=headers)


def _jobs(jobs: list[Job]) -> Told:
    return {"job": listed.job(jobs[-1]), "jobs": [listed.job(job) for job in jobs]}


def _text(told: Told, name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str):
        raise UserError(f"expected {name}, a text")
    return value


async def _body(request: Request) -> Told:
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MOST_TOLD:
            raise uploads.TooLarge(f"expected at most {MOST_TOLD} bytes")
    try:
        told = json.loads(content or b"{}")
    except ValueError:
        raise UserError("expected a body of JSON") from None
    if not isinstance(told, dict):
        raise UserError("expected an object of JSON")
    return told


async def failed(_: Request, error: Exception) -> Response:
    """Answer with the sentence of a `UserError`."""
    status = 404 if isinstance(error, NoProject) else STATUS.get(type(error), 400)  # type: ignore[arg-type]
    return JSONResponse({"error": str(error)}, status)
