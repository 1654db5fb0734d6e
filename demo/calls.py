"""Check what a client sends in JSON before Gradio reads it: a call of one of the page's functions.

Gradio answers most mistakes in a call with a 500 and a traceback. Here each is one sentence.
"""

import json
import re
from functools import cached_property
from typing import Any

import gradio as gr

from demo.errors import UserError

SESSION = re.compile(r"[a-z0-9-]{1,64}")
_DEPTH = 16  # Of lists in lists; a call has a handful, and Gradio walks them by recursion.
# What Gradio's own queue writes into a call. A client that did would be believed.
_INTERNAL = ("event_id", "oauth_token", "simple_format", "batched")


class Calls:
    """The functions of a page that may be called, and what each takes."""

    def __init__(self, page: gr.Blocks) -> None:
        # A function without `fn` is a script in the browser.
        functions = {index: fn for index, fn in page.fns.items() if fn.fn is not None}
        self._inputs = {index: len(fn.inputs) for index, fn in functions.items()}
        public = {f.api_name: i for i, f in functions.items() if f.api_visibility == "public"}
        self._named = {str(name): self._inputs[index] for name, index in public.items()}
        self._page = page

    @cached_property
    def _parameters(self) -> dict[str, dict[str, bool]]:
        """Of each endpoint the names of its parameters, and whether each has to be given."""
        endpoints = self._page.get_api_info()["named_endpoints"]
        return {
            name: {
                parameter["parameter_name"]: not parameter["parameter_has_default"]
                for parameter in endpoints[f"/{name}"]["parameters"]
            }
            for name in self._named
        }

    def has(self, name: str) -> bool:
        """Tell whether the API has an endpoint of this name."""
        return name in self._named

    def check_joined(self, body: bytes) -> None:
        """Check the body of `queue/join`. Raises `UserError`."""
        call = read_object(body)
        index = call.get("fn_index")
        if type(index) is not int or index not in self._inputs:
            raise UserError("expected fn_index to be the number of one of the page's functions")
        _check_session(call.get("session_hash"))
        _check_data(call, self._inputs[index])
        if type(call.get("trigger_id")) not in (int, type(None)):
            raise UserError("expected trigger_id to be a whole number")
        for key in _INTERNAL:
            if call.get(key):
                raise UserError(f"expected no {key}")

    def check_called(self, name: str, body: bytes) -> None:
        """Check the body of `call/NAME`. Raises `UserError`."""
        call = read_object(body)
        if call.get("session_hash") is not None:
            _check_session(call["session_hash"])
        _check_data(call, self._named[name])

    def check_named(self, name: str, body: bytes) -> None:
        """Check the body of `call/v2/NAME`: an object of parameters. Raises `UserError`."""
        given, parameters = read_object(body), self._parameters[name]
        required = {parameter for parameter, needed in parameters.items() if needed}
        if not required <= given.keys() <= parameters.keys():
            raise UserError(
                f"expected the parameters {', '.join(parameters)}, of which "
                f"{', '.join(sorted(required)) or 'none'} must be given"
            )


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object that can be written again: UTF-8, finite numbers, no deep nesting.

    Raises `UserError`.
    """
    try:
        value = json.loads(body.decode("utf-8"))
        # Fails where a number is not finite, or a string is half of a pair of surrogates.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise UserError("expected JSON in UTF-8, with finite numbers") from None
    if not isinstance(value, dict):
        raise UserError("expected a JSON object")
    if _is_deeper(value, _DEPTH):
        raise UserError(f"expected at most {_DEPTH} levels of lists and objects")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)


def _check_session(session: Any) -> None:
    if not isinstance(session, str) or not SESSION.fullmatch(session):
        raise UserError("expected session_hash to be 1 to 64 of a-z, 0-9 and -")


def _check_data(call: dict[str, Any], length: int) -> None:
    data = call.get("data")
    if not isinstance(data, list) or len(data) != length:
        raise UserError(f"expected data to be a list of {length}")
