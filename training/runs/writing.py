"""Write beside a training: one job after another in a thread of its own."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType


class Writer:
    """Does jobs in their order while the training goes on; the end of the block waits for them.

    Also where it ends with an error or Ctrl-C. A job that fails is the last one: those that come
    after it are not done, and its error is raised to whoever asks next.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "writing")
        self._last: Future[None] | None = None

    def submit(self, job: Callable[[], object]) -> None:
        """Have a job done after all others. What it writes nobody may change before `finish`."""
        before = self._last

        def after_the_others() -> None:
            if before:
                before.result()
            job()

        self._last = self._thread.submit(after_the_others)

    def check(self) -> None:
        """Raise what went wrong by now."""
        if self._last and self._last.done():
            self.finish()

    def finish(self) -> None:
        """Wait until all is done; raises what went wrong."""
        if last := self._last:
            wait([last])
            self._last = None
            last.result()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.finish()
        finally:
            self._thread.shutdown()
