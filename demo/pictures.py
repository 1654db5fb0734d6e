"""A picture in one request: a drawing or noise goes in, the bytes of a picture come back.

`POST /pictures/NAME?file=F` with a drawing as PNG, JPEG or WebP in its body, or, for a model that
takes noise, 1 to 8 rows of float32 numbers, and `&label=L` where it has labels. A model that takes
looks takes up to 8 of them, `&look=A;B` (see `demo.looks`). Of several rows or looks the
pictures come side by side, as one.

The answer is a JPEG that the eye cannot tell from the picture, or a PNG where `Accept` asks for
one, or the picture is small. `X-Visitor` says whose request it is: of one visitor only the newest
waits. 204: nothing is drawn; 409: a newer request came; 4xx: what was expected, in a sentence.
`Server-Timing` tells the milliseconds of waiting and of the model.
"""

import io
import re
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from demo.canvas import read_picture
from demo.errors import UserError
from demo.health import Health
from demo.serving import Models
from demo.turns import Full, Replaced, Turns

ROWS = 8  # Pictures in a request.
SMALL = 128  # Pictures of fewer pixels a side are enlarged, and a JPEG's faults with them.
_JPEG = {"quality": 95, "subsampling": 0}  # No colour is shared among pixels.
_VISITOR = re.compile(r"[\w-]{1,64}")


@dataclass(frozen=True)
class Wanted:
    """What a request asks for; `label` is a label's number as text, and so are the looks."""

    name: str
    file: str
    label: str
    looks: tuple[str, ...]
    png: bool
    body: bytes


class Pictures:
    """The routes that answer with pictures, and with how well that goes."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._turns = Turns(models.at_once)
        self._health = Health()

    def routes(self) -> list[BaseRoute]:
        """Return them, to be mounted beside Gradio's."""
        return [
            Route("/pictures/{name}", self.generate, methods=["POST"]),
            Route("/healthz", self.health),
        ]

    async def health(self, _: Request) -> Response:
        """Answer what `Health` tells, the models loaded, and how many visitors wait."""
        told = {
            **self._health.told(),
            "models": self._models.loaded,
            "waiting": self._turns.waiting,
        }
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    async def generate(self, request: Request) -> Response:
        """Answer a drawing, or noise, with its picture."""
        start = time.perf_counter()
        body = await request.body()
        query = request.query_params
        png = "image/png" in request.headers.get("accept", "")
        wanted = Wanted(
            request.path_params["name"],
            query.get("file", ""),
            query.get("label", ""),
            tuple(query.get("look", "").split(";")),
            png,
            body,
        )
        visitor = request.headers.get("x-visitor", "")
        try:
            content, model, count = await self._turns.take(
                visitor if _VISITOR.fullmatch(visitor) else object(), lambda: self._make(wanted)
            )
        except UserError as error:
            return PlainTextResponse(str(error), 400)
        except Replaced:
            return PlainTextResponse("a newer drawing has taken the place of this one", 409)
        except Full:
            return PlainTextResponse("more visitors wait than fit here", 503, {"Retry-After": "1"})
        taken = 1000 * (time.perf_counter() - start)
        if content is None:
            return Response(status_code=204)
        self._health.note(taken, count)
        timing = f"wait;dur={taken - model:.1f}, model;dur={model:.1f}"
        headers = {"Server-Timing": timing, "Cache-Control": "no-store"}
        media = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
        return Response(content, media_type=media, headers=headers)

    def _make(self, wanted: Wanted) -> tuple[bytes | None, float, int]:
        """Return a file or None, the model's milliseconds, and how many pictures it holds."""
        if wanted.name in self._models.latents:
            pictures, milliseconds = self._sample(wanted)
        else:
            if len(wanted.looks) > ROWS:
                raise UserError(f"expected up to {ROWS} looks, got {len(wanted.looks)}")
            drawing = read_picture(wanted.body) if wanted.body else None
            pictures, milliseconds = self._models.run(
                drawing, wanted.name, wanted.file, wanted.looks
            )
            if not pictures:
                return None, 0.0, 0
        return _file(np.concatenate(pictures, axis=1), wanted.png), milliseconds, len(pictures)

    def _sample(self, wanted: Wanted) -> tuple[list[Any], float]:
        card = self._models.latent(wanted.name)
        row = 4 * card.latent
        count, left = divmod(len(wanted.body), row)
        if left or not 0 < count <= ROWS:
            raise UserError(
                f"expected 1 to {ROWS} rows of {card.latent} float32 numbers, "
                f"got {len(wanted.body)} bytes"
            )
        rows = np.frombuffer(wanted.body, "<f4").reshape(count, card.latent)
        if not np.isfinite(rows).all():
            raise UserError("expected finite numbers")
        label = int(wanted.label) if re.fullmatch("[0-9]{1,4}", wanted.label) else None
        if label is None and wanted.label:
            raise UserError(f"expected a label's number, got {wanted.label!r}")
        answers = [
            self._models.sample(noise, label or 0, wanted.name, wanted.file) for noise in rows
        ]
        return [answer for answer, _ in answers], sum(taken for _, taken in answers)


def _file(picture: np.ndarray, png: bool) -> bytes:
    file = io.BytesIO()
    if png or len(picture) < SMALL:
        Image.fromarray(picture).save(file, "PNG", compress_level=1)
    else:
        Image.fromarray(picture).save(file, "JPEG", **_JPEG)
    return file.getvalue()
