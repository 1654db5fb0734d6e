"""Let visitors take turns at a machine's few workers, and drop what a newer request replaces."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

MAX_WAITING = 2000  # Visitors in the line; some 100 MB of drawings.

T = TypeVar("T")


class Replaced(Exception):
    """A newer request of the same visitor has taken the place of this one in the line."""


class Full(Exception):
    """More visitors wait than a server can hold."""


class Turns:
    """A line of visitors in front of some workers; each visitor stands in it once.

    All of it belongs to one event loop; only the work itself is done in threads.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="picture")
        self._free = workers
        self._line: dict[Hashable, asyncio.Future[None]] = {}

    @property
    def waiting(self) -> int:
        """How many visitors wait for their turn."""
        return len(self._line)

    async def take(self, visitor: Hashable, work: Callable[[], T]) -> T:
        """Return what `work()` returns, done in a thread when it is the visitor's turn.

        Raises `Replaced` as soon as the same visitor asks for something newer, which then has the
        older one's place in the line, `Full`, and whatever `work` raises.
        """
        turn = asyncio.get_running_loop().create_future()
        older = self._line.get(visitor)
        if older is not None:
            older.set_exception(Replaced())
        elif len(self._line) >= MAX_WAITING:
            raise Full
        self._line[visitor] = turn  # A key that is there already keeps its place.
        self._call_next()
        try:
            await turn
        except asyncio.CancelledError:
            if self._line.get(visitor) is turn:
                del self._line[visitor]
            elif turn.done() and not turn.cancelled() and turn.exception() is None:
                self._release()  # The turn had come, and nobody was there to take it.
            raise
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._release()

    def _release(self) -> None:
        self._free += 1
        self._call_next()

    def _call_next(self) -> None:
        while self._free and self._line:
            visitor = next(iter(self._line))
            self._line.pop(visitor).set_result(None)
            self._free -= 1
