"""The studio's server: its page, its files, its API; and how it begins and ends."""

import asyncio
import contextlib
import errno
import os
import secrets
import signal
import socket
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from demo import browser
from demo.errors import UserError, cannot_listen
from demo.studio.api import Api, failed
from demo.studio.files import Files
from demo.studio.line import Line, alone
from demo.studio.live import Live
from demo.studio.projects import Projects
from demo.studio.security import Security, is_loopback
from demo.studio.steps import Steps

PAGE = Path(__file__).parent / "page"
_SECONDS_TO_END = 3  # For what is under way; a download that takes longer is cut.


def build(projects: Projects, steps: Steps, live: Live, token: str | None, local: bool) -> ASGIApp:
    """Return the application; without a token it answers by names of loopback only.

    Where it is `local`, who asks sits at this machine, and may name its folders.
    """

    async def index(_: Request) -> Response:
        if not (PAGE / "index.html").is_file():
            raise HTTPException(404, "the page is not there; get the project whole")
        return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})

    api = Api(projects, steps, live, local)
    routes: list[BaseRoute] = [
        Route("/", index),
        Mount("/api", routes=api.routes()),
        Route("/files/{id}/{path:path}", Files(projects).send),
        browser.pad(),
    ]
    # Without npm there are no engines.
    for place, folder in (("/page", PAGE), ("/engines", browser.ENGINES)):
        if folder.is_dir():
            routes.append(Mount(place, StaticFiles(directory=folder)))
    handlers = {UserError: failed, HTTPException: _told, Exception: _broken}
    app = Starlette(routes=routes, exception_handlers=handlers)
    return Security(app, token)


def serve(
    place: Path, host: str, port: int, extra: Sequence[str], *, token: bool, show: bool
) -> None:
    """Serve a folder of projects until SIGINT or SIGTERM; jobs that run then go on.

    `extra` goes to every training; with `token` only a link opens the page, as it is where other
    machines reach it; with `show` a browser opens it.

    Raises `UserError` where it cannot listen, or another studio has the folder.
    """
    if find_spec("keras") is None:
        raise UserError(
            "the studio trains, and there is no Keras here; start it with `make studio`, or "
            "`.venv/bin/python -m demo studio`"
        )
    projects = Projects(place)
    local = is_loopback(host)
    secret = None if local and not token else secrets.token_urlsafe(24)
    with alone(place), _listening(host, port) as listener, contextlib.ExitStack() as until_end:
        line = Line(projects)
        live = Live(projects, line)
        stopped = threading.Event()
        for tend in (line.tend_until, live.tend_until):
            thread = threading.Thread(target=tend, args=[stopped], daemon=True)
            thread.start()
            until_end.callback(thread.join, 5)
        until_end.callback(stopped.set)
        app = build(projects, Steps(projects, line, extra), live, secret, local)
        address = f"http://{_name(host)}:{port}/" + (f"?token={secret}" if secret else "")
        print(f"The studio is at {address} (Ctrl+C ends it; a training goes on)", flush=True)
        if show and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            webbrowser.open(address)
        asyncio.run(_answer(app, listener))


async def _answer(app: ASGIApp, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,  # It would tell the token.
        server_header=False,
        timeout_graceful_shutdown=_SECONDS_TO_END,
    )
    server = uvicorn.Server(config)
    # Its own way to end sends itself the signal again, which would end this process in the middle.
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
    await server._serve([listener])


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        [(family, _, _, _, place), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        listener = socket.create_server(place[:2], family=family, backlog=128)
    except OSError:
        raise cannot_listen(host, port) from None
    with listener:
        yield listener


def _name(host: str) -> str:
    """A name that another machine can open: of all addresses, that of the machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _broken(_: Request, error: Exception) -> Response:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return JSONResponse({"error": "there is no room on the disk; make some"}, 507)
    return JSONResponse({"error": "the studio made a mistake; try again"}, 500)
