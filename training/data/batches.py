"""Endless batches of rows of arrays, in a random order that a seed decides, read ahead."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import keras
import numpy as np

from training.data.mapped import Rows

AHEAD = 4  # Batches that are read before somebody asks: a step finds its batch in memory.
READERS = 2  # Threads: copying rows is not Python's work, so they run side by side.
_TURNS = 4  # Permutations that are kept; older turns are not asked for again.


class Batches(keras.utils.PyDataset):
    """Seeded batches without end: a tuple of one array [batch_size, ...] a column.

    The stream of a column is one permutation of its rows after another, cut into batches; every
    batch is full. Paired columns share their permutations; others, which may differ in length,
    have their own. Batch `i` of epoch `e` depends on nothing but the seed and `e * len(self) + i`,
    so a resumed run sets `epoch` and sees what the uninterrupted one would have seen, and so the
    next ones can be read ahead, over the end of an epoch too. Give `shuffle=False` to `fit`, which
    would reorder the steps otherwise.

    Of columns that are mapped from disk little more stays in memory than the batches that are
    ahead, however many rows there are.
    """

    def __init__(
        self,
        columns: tuple[np.ndarray, ...],
        batch_size: int,
        seed: int = 0,
        images_per_epoch: int | None = None,
        *,
        paired: bool = True,
    ) -> None:
        """Take arrays [N, ...]; an epoch is `images_per_epoch` rows, by default the first's N."""
        super().__init__()
        self.columns, self.paired = columns, paired
        self.batch_size, self.seed = batch_size, seed
        self.steps = max(1, (images_per_epoch or len(columns[0])) // batch_size)
        self.epoch = 0
        self._rows = [Rows(column) for column in columns]
        self._orders: dict[tuple[int, int], np.ndarray] = {}
        self._coming: dict[int, Future[tuple[np.ndarray, ...]]] = {}
        self._asking, self._ordering = threading.Lock(), threading.Lock()
        self._readers = ThreadPoolExecutor(READERS, "batches")

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        number = self.epoch * self.steps + index
        with self._asking:
            wanted = range(number, number + 1 + AHEAD)
            for other in self._coming.keys() - set(wanted):  # It goes on elsewhere.
                self._coming.pop(other).cancel()
            for each in wanted:
                if each not in self._coming:
                    self._coming[each] = self._readers.submit(self._read, each)
            coming = self._coming.pop(number)
        return coming.result()

    def on_epoch_end(self) -> None:
        """Go on with the stream where this epoch ended."""
        self.epoch += 1

    def _read(self, number: int) -> tuple[np.ndarray, ...]:
        """The batch of this number in the whole stream."""
        positions = np.arange(number * self.batch_size, (number + 1) * self.batch_size)
        return tuple(
            rows.take(self._wanted(place, positions)) for place, rows in enumerate(self._rows)
        )

    def _wanted(self, place: int, positions: np.ndarray) -> np.ndarray:
        """Which rows of a column are at these positions of its stream."""
        turns, within = np.divmod(positions, len(self.columns[place]))
        rows = np.empty_like(within)
        for turn in np.unique(turns):
            here = turns == turn
            rows[here] = self._order(place, int(turn))[within[here]]
        return rows

    def _order(self, place: int, turn: int) -> np.ndarray:
        stream = 0 if self.paired else place
        with self._ordering:
            if (stream, turn) not in self._orders:
                while len(self._orders) >= _TURNS * len(self.columns):
                    del self._orders[next(iter(self._orders))]
                seed = (self.seed, turn, stream) if stream else (self.seed, turn)
                rows = len(self.columns[place])
                self._orders[stream, turn] = np.random.default_rng(seed).permutation(rows)
            return self._orders[stream, turn]
