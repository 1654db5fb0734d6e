"""Read the bodies of requests: whole, in time, and together no more than there is memory for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

# The largest upload is 2 MB; a form or a drawing in JSON is a little larger than what it holds.
MAX_BODY = 4_000_000
MAX_HELD = 64 * 2**20  # Bytes of all that arrive or wait for an answer; of drawings thousands.
SECONDS = 10.0  # For a body to arrive; the slowest phone sends a drawing in one.


class Bodies:
    """The bodies of a server's requests, from their first byte until they are answered."""

    def __init__(self) -> None:
        self._held = 0

    @contextlib.asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Give the body; it counts as held until the block is left.

        Raises `HTTPException`: 411 for a body of no length, 413 for one too large, 408 for one that
        does not arrive in time, 400 for one that ends early, 503 where those of others fill the
        memory.
        """
        _check_length(request.headers.get("content-length", ""))
        content = bytearray()
        try:
            try:
                async with asyncio.timeout(SECONDS):
                    async for part in request.stream():
                        content += part
                        self._held += len(part)
                        if self._held > MAX_HELD:
                            busy = {"Retry-After": "1"}
                            raise HTTPException(503, "more requests wait than fit here", busy)
            except TimeoutError:
                ends = {"Connection": "close"}  # What still comes is not read.
                raise HTTPException(
                    408, f"expected the body within {SECONDS:.0f} s", ends
                ) from None
            except ClientDisconnect:
                raise HTTPException(400, "the body ended early") from None
            yield bytes(content)
        finally:
            self._held -= len(content)


def _check_length(length: str) -> None:
    if not (length.isascii() and length.isdigit()):
        raise HTTPException(411, "expected a Content-Length")
    if int(length) > MAX_BODY:
        raise HTTPException(413, f"expected at most {MAX_BODY} bytes")
