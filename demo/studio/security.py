"""Who may ask the studio, and how: it starts processes and reads folders.

On loopback whoever sits at the machine, by a name of loopback, so that no other site's name that
was made to lead here will do. Elsewhere, whoever has opened the link with the token.
"""

import hmac
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo import browser
from demo.downloads import LOOPBACK

OURS = "x-garabato"  # A header that no form of another site can send.
SAFE = ("GET", "HEAD")
HEADERS = {
    # Engines compile WebAssembly, and run in workers, some of which a blob begins.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; "
    "worker-src 'self' blob:; img-src 'self' blob: data:; connect-src 'self' blob: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    **browser.HEADERS,
    "Cross-Origin-Resource-Policy": "same-origin",  # No other site shows what is here.
}
# Not a redirect: after a click in a web mail a strict cookie would not come with it.
_ENTER = '<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>Garabato</title>'


class Refused(Exception):
    """A request that is not answered: why, in a sentence, and the status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Security:
    """ASGI middleware: refuses requests that are not the studio's own, and adds its headers.

    Without a token only names of loopback are answered.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return None  # There are no web sockets here.
        try:
            answer = self._admit(scope)
        except Refused as refused:
            answer = JSONResponse({"error": str(refused)}, refused.status)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _admit(self, scope: Scope) -> Response | None:
        """Return nothing where a request may pass, or what is answered in its place."""
        headers, method = Headers(scope=scope), scope["method"]
        if self._token is None:
            if _host(headers) not in LOOPBACK:
                raise Refused(421, "this studio is at http://localhost or http://127.0.0.1 only")
        elif scope["path"] == "/" and method in SAFE and (given := _given(scope)) is not None:
            return self._enter(scope, given)
        elif not self._knows(HTTPConnection(scope).cookies.get(_cookie(scope), "")):
            raise Refused(401, "open the link that the studio printed where it was started")
        _check_origin(headers, method, navigates=scope["path"] == "/")
        return None

    def _enter(self, scope: Scope, given: str) -> Response:
        if not self._knows(given):
            raise Refused(401, "this link is of another start of the studio; open the newest one")
        answer = HTMLResponse(_ENTER)
        answer.set_cookie(_cookie(scope), given, httponly=True, samesite="strict", path="/")
        return answer

    def _knows(self, token: str) -> bool:
        known = (self._token or "").encode()
        return hmac.compare_digest(token.encode("utf-8", "replace"), known)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address to listen on."""
    return host in LOOPBACK or host.startswith("127.")


def _cookie(scope: Scope) -> str:
    """The cookie's name: a browser keeps one jar for all ports of a host, so each has its own."""
    return f"garabato-studio-{scope['server'][1]}"


def _host(headers: Headers) -> str | None:
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname
    except ValueError:
        return None


def _given(scope: Scope) -> str | None:
    return parse_qs(scope["query_string"].decode("latin-1")).get("token", [None])[0]


def _check_origin(headers: Headers, method: str, navigates: bool) -> None:
    """Refuse what another site asks for, in whichever way a browser says so."""
    foreign = Refused(403, "another site asked for this; open the studio's own page")
    site = headers.get("sec-fetch-site", "none")
    if site not in ("same-origin", "none") and not (navigates and method in SAFE):
        raise foreign
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        raise foreign
    if method not in SAFE and headers.get(OURS) != "1":
        raise Refused(403, "expected the header X-Garabato: 1, which the studio's page sends")


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
