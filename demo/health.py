"""What a server tells whoever watches it: how long it is up, how much it does, how fast."""

import time
from collections import deque
from typing import Any

import numpy as np

WINDOW = 60.0  # Seconds that times are told of.
_KEPT = 20_000  # Times at most; more than a machine gives answers in a window.


class Health:
    """Counts answers, and keeps how long each of the last minute took."""

    def __init__(self) -> None:
        self._start = time.monotonic()  # No clock that somebody sets.
        self._pictures = 0
        self._times: deque[tuple[float, float]] = deque(maxlen=_KEPT)

    def note(self, milliseconds: float, pictures: int = 1) -> None:
        """Count an answer of so many pictures, which took this long from request to answer."""
        self._pictures += pictures
        self._times.append((time.monotonic(), milliseconds))

    def told(self) -> dict[str, Any]:
        """Return seconds up, pictures in all, and the last minute's median and 95th percentile.

        Milliseconds are None where nothing was asked for in that minute.
        """
        now = time.monotonic()
        recent = [taken for when, taken in list(self._times) if now - when <= WINDOW]
        p50, p95 = np.percentile(recent, [50, 95]).round(1).tolist() if recent else (None, None)
        return {
            "up": round(now - self._start, 1),
            "pictures": self._pictures,
            "milliseconds": {"p50": p50, "p95": p95},
        }
