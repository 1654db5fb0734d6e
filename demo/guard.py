"""Close the routes of Gradio 6.31 that this page does not need and a stranger could misuse."""

import re
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.errors import UserError

# The largest upload is 2 MB; a form or a drawing in JSON is a little larger than what it holds.
MAX_BODY = 4_000_000

_CLOSED = re.compile(
    r"/file=\s*[a-z][a-z0-9+.-]*:/"  # Fetches any URL, in the server's name.
    r"|/(proxy=|component_server|process_recording|deep_link|stream/|vibe-|run-history)",
    re.IGNORECASE,
)


class Guard:
    """ASGI middleware: closed routes answer 404, a body that is too large 413, of no length 411."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refusal = _refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal(scope, receive, send)


def refuse_urls(file: dict[str, Any]) -> dict[str, Any]:
    """Return a file that a client sends as it is, or raise `UserError` where its path is a URL.

    Gradio would download it, whichever component it was sent to.
    """
    if re.match(r"\s*[a-z][a-z0-9+.-]*:/", str(file.get("path")), re.IGNORECASE):
        raise UserError("expected an uploaded file, got a URL; download it first")
    return file


def _refusal(scope: Scope) -> PlainTextResponse | None:
    if _CLOSED.search(scope["path"]):
        return PlainTextResponse("not found", 404)
    if scope["method"] == "POST":
        length = dict(scope["headers"]).get(b"content-length", b"")
        if not length.isdigit():
            return PlainTextResponse("expected a Content-Length", 411)
        if int(length) > MAX_BODY:
            return PlainTextResponse(f"expected at most {MAX_BODY} bytes", 413)
    return None
