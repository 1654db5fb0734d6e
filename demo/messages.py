"""What a client sends, checked before Gradio reads it: calls, streams of answers, uploads.

Gradio answers some mistakes of a client as its own, with a traceback in the log. Here each is one
line for the client.
"""

import json
import math
import re
from typing import Any

from starlette.requests import Request

from demo.errors import UserError

_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_BOUNDARY = re.compile(r'multipart/form-data;.*boundary="?([\w\'()+,./:=? -]{1,70}?)"?\s*', re.I)
_FILENAME = re.compile(rb'filename\*?="?([^"\r\n]*)', re.I)


def check_call(path: str, body: bytes, blocks: Any) -> None:
    """Check what asks for a picture, or takes the question back; `blocks` is the page.

    Raises:
        UserError: it is no JSON, or not what this page's functions take.
    """
    told = _object(body)
    for key in ("session_hash", "event_id"):
        value = told.get(key)
        if value is not None and not (isinstance(value, str) and _ID.fullmatch(value)):
            raise UserError(f"expected {key} to be 1 to 64 letters and digits")
    for key in ("fn_index", "trigger_id"):
        if told.get(key) is not None and type(told[key]) is not int:
            raise UserError(f"expected {key} to be a whole number")
    for key in ("batched", "simple_format"):
        if told.get(key):
            raise UserError(f"expected no {key}")
    name = path.rstrip("/").rpartition("/")[2]
    if name in ("cancel", "reset") and "/call/" not in path:
        if not isinstance(told.get("event_id"), str):
            raise UserError("expected the event_id that was answered before")
        return
    data = told.get("data")
    if not isinstance(data, list):
        raise UserError("expected data to be a list")
    if "/call/" in path:
        named = [fn for fn in blocks.fns.values() if fn.api_name == name]
        functions = [fn for fn in named if fn.api_visibility != "private"]
    else:
        functions = [fn for index, fn in blocks.fns.items() if index == told.get("fn_index")]
        if not isinstance(told.get("session_hash"), str):
            raise UserError("expected a session_hash")
    if not functions:
        raise UserError("expected a function of this page")
    inputs = functions[0].inputs
    shown = [block for block in inputs if not block.skip_api]
    if len(data) not in (len(inputs), len(shown)):
        raise UserError(f"expected {len(shown)} values in data, got {len(data)}")


def check_events(request: Request, path: str, blocks: Any) -> None:
    """Check that there is something to wait for in a stream of answers.

    Raises:
        UserError: nobody has asked for anything in this session.
    """
    waiting = blocks._queue.pending_messages_per_session
    of_call = "/call/" in path
    session = path.rpartition("/")[2] if of_call else request.query_params.get("session_hash")
    if session not in waiting:
        raise UserError("expected a session that has asked for something")


def check_upload(request: Request, body: bytes) -> None:
    """Check the form that files come in.

    Raises:
        UserError: it is no form, or a file has a name that no system takes.
    """
    found = _BOUNDARY.fullmatch(request.headers.get("content-type", ""))
    if not found:
        raise UserError("expected a form of multipart/form-data")
    if not body.rstrip().endswith(b"--" + found[1].encode() + b"--"):
        raise UserError("expected a form that ends with its boundary")
    names = _FILENAME.findall(body)
    if not names:
        raise UserError("expected a file in the form")
    for name in names:
        try:
            plain = name.decode("utf-8").isprintable()
        except UnicodeDecodeError:
            plain = False
        if not plain or not 0 < len(name) <= 200:
            raise UserError("expected a file name of 1 to 200 printable letters")


def _object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; numbers that JSON has not, as NaN, are refused."""
    try:
        told = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise UserError("expected JSON in UTF-8") from None
    if not isinstance(told, dict):
        raise UserError("expected a JSON object")
    return told


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
