"""Answer only the requests that the page and its API make; Gradio 6.31 has many routes more."""

import contextlib
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

import gradio as gr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.bodies import Bodies
from demo.calls import SESSION, Calls
from demo.errors import UserError
from demo.uploads import stored

UPLOAD = "/gradio_api/upload"

_ENDPOINT = r"(?P<endpoint>[\w-]{1,64})"
# All that is answered: methods, the whole path, and what of the query is passed on.
_OPEN = [
    ("GET HEAD", "/", ()),
    ("GET", r"/(config|theme\.css|favicon\.ico|robots\.txt|manifest\.json)", ()),
    ("GET", r"/(assets|static|browser)/.+", ()),
    ("GET", "/gradio_api/info", ("all_endpoints", "serialize")),
    ("GET", "/gradio_api/(startup-events|app_id)", ()),
    ("GET", f"/gradio_api/heartbeat/{SESSION.pattern}", ()),
    ("GET", "/gradio_api/queue/data", ("session_hash",)),
    ("GET", f"/gradio_api/call/(v2/)?{_ENDPOINT}/(?P<event>[0-9a-f]{{32}})", ()),
    ("POST", UPLOAD, ()),
    ("POST", "/pictures/[^/]{1,64}", ("file", "label", "look")),
    ("GET HEAD", "/healthz", ()),
    ("POST", "/gradio_api/(?P<join>queue/join)", ()),
    ("POST", f"/gradio_api/call/(?P<named>v2/)?{_ENDPOINT}", ()),
]
_TRICK = re.compile(r"[\x00-\x1f\x7f\\]|//|/\.\.?(/|$)")  # No path of the page has any of these.


class Guard:
    """ASGI middleware: 404 for what is not on the list, 4xx for a body that is not what it says.

    A call that is not in JSON is answered 415, and any other mistake in a call 400, with a sentence
    that says what was expected; and bodies as `Bodies` does.
    """

    def __init__(self, app: ASGIApp, page: gr.Blocks) -> None:
        self._app = app
        self._queue = page._queue
        self._calls = Calls(page)
        self._bodies = Bodies()
        routes = [*_OPEN, ("GET", f"/gradio_api/file={stored()}", ())]
        self._routes = [(methods.split(), re.compile(path), kept) for methods, path, kept in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        async with contextlib.AsyncExitStack() as until_answered:
            try:
                parts, scope = self._admit(scope)
                if scope["method"] == "POST":
                    request = Request(scope, receive)
                    body = await until_answered.enter_async_context(self._bodies.read(request))
                    self._check_call(parts, request, body)
                    receive = _again(body, receive)
            except HTTPException as refusal:
                answer = PlainTextResponse(refusal.detail, refusal.status_code, refusal.headers)
                return await answer(scope, receive, send)
            await self._app(scope, receive, send)

    def _admit(self, scope: Scope) -> tuple[dict[str, Any], Scope]:
        """Return what a path says, and what is passed on of a request that is on the list."""
        parts, kept = self._on_the_list(scope["method"], scope["path"])
        query = {key: value for key, value in _query(scope).items() if key in kept}
        endpoint = parts.get("endpoint")
        if endpoint is not None and not self._calls.has(endpoint):
            raise HTTPException(404, "not found")
        if "event" in parts and not self._is_waited_for(parts["event"]):
            raise HTTPException(404, "not found")
        if "session_hash" in kept and query.get("session_hash") not in self._sessions():
            raise HTTPException(404, "expected the session_hash of a call")
        # Gradio's own answer to a part of a file fails where the part is not what it expects.
        headers = [(key, value) for key, value in scope["headers"] if key != b"range"]
        changed = {"query_string": urlencode(query).encode("ascii"), "headers": headers}
        # A proxy takes its own part off a path; Starlette's mounts would look for it there.
        return parts, {**scope, **changed, "root_path": ""}

    def _on_the_list(self, method: str, path: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the named parts of a path and what is kept of its query."""
        for methods, pattern, kept in self._routes:
            match = pattern.fullmatch(path)
            if match and method in methods and not _TRICK.search(path):
                return match.groupdict(), kept
        raise HTTPException(404, "not found")

    def _check_call(self, parts: dict[str, Any], request: Request, body: bytes) -> None:
        """Check the body of a request that calls one of the page's functions."""
        endpoint = parts.get("endpoint")
        if "join" not in parts and endpoint is None:
            return
        if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            raise HTTPException(415, "expected Content-Type: application/json")
        try:
            if endpoint is None:
                self._calls.check_joined(body)
            elif parts["named"]:
                self._calls.check_named(endpoint, body)
            else:
                self._calls.check_called(endpoint, body)
        except UserError as error:
            raise HTTPException(400, str(error)) from None

    def _sessions(self) -> Any:
        return self._queue.pending_messages_per_session

    def _is_waited_for(self, event: str) -> bool:
        """Tell whether a call is at work, or its answer not yet fetched."""
        waited = self._queue.pending_event_ids_session
        return any(event in events and name in self._sessions() for name, events in waited.items())


def _query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1")))


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read already, then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
