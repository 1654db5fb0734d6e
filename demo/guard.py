"""Answer the requests that the page and its API need, and no others.

Gradio 6.31 has some ninety routes. Some fetch URLs in the server's name, keep what anybody sends,
or end in an error of the server's where a client is wrong. What is on no list here is not there.
"""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.errors import UserError
from demo.messages import check_call, check_events, check_upload
from demo.uploads import make_room

# The largest upload is 2 MB; a form or a drawing in JSON is a little larger than what it holds.
MAX_BODY = 4_000_000

_NAME = r"[\w-]{1,64}"
_FILE = r"[\w@.+-]+"  # Of an address: neither `..` nor anything that is read as another host.
_READ = (
    r"/",
    r"/(config|theme\.css|favicon\.ico|robots\.txt|manifest\.json)/?",
    rf"/(assets|static|svelte|browser)(/{_FILE})+",
    rf"/gradio_api/(info/?|startup-events|app_id/?|upload_progress|heartbeat/{_NAME})",
    r"/gradio_api/file=/[^\0\\]+",  # A path: Gradio answers for what it wrote or was sent itself.
)
_EVENTS = (r"/gradio_api/queue/data", rf"/gradio_api/call/{_NAME}/{_NAME}")
_CALLS = (
    r"/gradio_api/queue/join",
    rf"/gradio_api/call/{_NAME}/?",
    r"/gradio_api/(cancel|reset)/?",
)
_UPLOAD = r"/gradio_api/upload"


class Refused(Exception):
    """A request that is not passed on: the status and the line that it is answered with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.answer = PlainTextResponse(reason, status)


class Guard:
    """ASGI middleware: what is on no list is answered 404, what is malformed with a 4xx."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            await self._pass_on(scope, receive, send)
        except Refused as refused:
            await refused.answer(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path") or "")
        blocks = scope["app"].get_blocks()
        if scope["method"] in ("GET", "HEAD"):
            if _is(path, _EVENTS):
                _told(check_events, Request(scope), path, blocks, status=404)
            elif not _is(path, _READ) or ".." in path:
                raise Refused(404, "not found")
            return await self._app(scope, receive, send)
        if scope["method"] != "POST" or not _is(path, (*_CALLS, _UPLOAD)):
            raise Refused(404, "not found")
        body = await _whole(scope, receive)
        if _is(path, _CALLS):
            _told(check_call, path, body, blocks)
        else:
            _told(check_upload, Request(scope), body)
            make_room(len(body))
        await self._app(scope, _again(body, receive), send)


def refuse_urls(file: dict[str, Any]) -> dict[str, Any]:
    """Return a file that a client sends as it is, or raise `UserError` where its path is a URL.

    Gradio would download it, whichever component it was sent to.
    """
    if re.match(r"\s*[a-z][a-z0-9+.-]*:/", str(file.get("path")), re.IGNORECASE):
        raise UserError("expected an uploaded file, got a URL; download it first")
    return file


def _is(path: str, patterns: tuple[str, ...]) -> bool:
    return any(re.fullmatch(pattern, path, re.ASCII) for pattern in patterns)


def _told(check: Any, *given: Any, status: int = 400) -> None:
    """Answer with a check's own line where it finds something wrong."""
    try:
        check(*given)
    except UserError as error:
        raise Refused(status, str(error)) from None


async def _whole(scope: Scope, receive: Receive) -> bytes:
    """Read a body of at most `MAX_BODY` bytes, whose length was told beforehand."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    if not length.isdigit():
        raise Refused(411, "expected a Content-Length")
    if int(length) > MAX_BODY:
        raise Refused(413, f"expected at most {MAX_BODY} bytes")
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":  # The client has left.
            raise Refused(400, "the request ended early")
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more, then whatever comes."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
