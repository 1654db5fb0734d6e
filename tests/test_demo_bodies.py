"""A request's body is read whole, in time, and while there is memory for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from demo.bodies import MAX_BODY, Bodies
from tests.event_loop import run

END = {"type": "http.disconnect"}


def request(*messages: dict[str, Any], length: str = "6", pause: float = 0) -> Request:
    left = [{"type": "http.request", **message} for message in messages]

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause)
        return left.pop(0) if left else END

    headers = [(b"content-length", length.encode("latin-1"))] if length else []
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


WHOLE: list[dict[str, Any]] = [{"body": b"abc", "more_body": True}, {"body": b"def"}]


@contextlib.asynccontextmanager
async def refused(status: int) -> AsyncIterator[None]:
    with pytest.raises(HTTPException) as refusal:
        yield
    assert refusal.value.status_code == status


def test_a_body_of_parts_is_given_whole():
    async def read() -> bytes:
        async with Bodies().read(request(*WHOLE)) as body:
            return body

    assert run(read()) == b"abcdef"


@pytest.mark.parametrize(
    ("length", "status"),
    [("", 411), ("-1", 411), ("x", 411), ("\xb2", 411), ("1e3", 411), (str(MAX_BODY + 1), 413)],
)
def test_a_length_that_is_none_or_too_large_is_refused_unread(length, status):
    async def read() -> None:
        async with refused(status), Bodies().read(request(length=length)):
            pass

    run(read())


def test_a_body_that_ends_early_or_does_not_come_is_refused(monkeypatch):
    async def read() -> None:
        async with refused(400), Bodies().read(request(WHOLE[0])):
            pass
        monkeypatch.setattr("demo.bodies.SECONDS", 0.05)
        async with refused(408), Bodies().read(request(*WHOLE, pause=1)):
            pass

    run(read())


def test_all_bodies_together_have_a_bound_until_they_are_answered(monkeypatch):
    monkeypatch.setattr("demo.bodies.MAX_HELD", 10)

    async def read() -> None:
        bodies = Bodies()
        for _ in range(2):
            async with bodies.read(request(*WHOLE)):
                async with refused(503), bodies.read(request(*WHOLE)):
                    pass
            # What is refused, or answered, is held no more.
        async with bodies.read(request(*WHOLE)):
            pass

    run(read())
