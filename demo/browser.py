"""Serve what the page runs: the studio's scripts, the engines, and what both read of a bundle.

`npm ci && npm run build` in `demo/web` builds the engines, with which a model runs in the visitor's
browser; where that was not done the server alone makes pictures.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.cards import Card
from demo.texts import TEXTS

_HERE = Path(__file__).parent
PAD = _HERE / "pad"
ENGINES = _HERE / "web" / "dist" / "page"
PLACE = "browser"  # Of the address: what browsers run, and read of a bundle, is below it.
# What lies in a bundle; in folders of their own what is of other sizes than the card's.
PICTURES = ("check/*.png", "*/check/*.png", "examples/*.png")
TFJS = ("tfjs/*", "*/tfjs/*")
MODELS = ("*.tflite", "*/*.tflite", *TFJS)
# WebAssembly gets threads only on a page that shares its process with no other site.
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def engines() -> list[Path]:
    """Return the files that run TFLite models in a browser; none where they were not built."""
    found = (path for path in ENGINES.rglob("*") if path.suffix in (".js", ".gz"))
    return sorted(path for path in found if path.name.startswith("litert"))


def routes(cards: Mapping[str, Card]) -> list[BaseRoute]:
    """Serve them, and nothing else of a bundle."""
    open_files = {name: _files(card.folder) for name, card in cards.items()}

    def send(request: Request) -> FileResponse:
        file = open_files.get(request.path_params["name"], {}).get(request.path_params["path"])
        if file is None:
            raise HTTPException(404)
        return FileResponse(file)

    served: list[BaseRoute] = [
        Route("/bundles/{name}/{path:path}", send),
        pad(),
    ]
    if engines():
        served.append(Mount("/page", StaticFiles(directory=ENGINES)))
    return [Mount(f"/{PLACE}", routes=served)]


def pad() -> Mount:
    """Serve the studio's scripts, and their words as one of them."""
    texts = f"export const TEXTS = {json.dumps(TEXTS)};"
    words = Route("/texts.js", lambda _: Response(texts, media_type="text/javascript"))
    return Mount("/pad", routes=[words, Mount("/", StaticFiles(directory=PAD))])


class Isolated:
    """ASGI middleware: every answer carries the headers that give WebAssembly its threads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def _files(folder: Path) -> dict[str, Path]:
    patterns = ("card.json", *PICTURES, *MODELS)
    found = (path for pattern in patterns for path in folder.glob(pattern))
    inside = (path for path in found if path.resolve().is_relative_to(folder) and path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in inside}
