"""Endless batches of rows of arrays, in a random order that a seed decides."""

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Seeded batches without end: a tuple of one array [batch_size, ...] a column.

    The stream of a column is one permutation of its rows after another, cut into batches; every
    batch is full. Paired columns share their permutations; others, which may differ in length,
    have their own. Batch `i` of epoch `e` depends on nothing but the seed and `e * len(self) + i`,
    so a resumed run sets `epoch` and sees what the uninterrupted one would have seen. Give
    `shuffle=False` to `fit`, which would reorder the steps otherwise.
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
        self._orders: dict[tuple[int, int], np.ndarray] = {}

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        start = (self.epoch * self.steps + index) * self.batch_size
        positions = range(start, start + self.batch_size)
        return tuple(
            column[[self._row(place, position) for position in positions]]
            for place, column in enumerate(self.columns)
        )

    def on_epoch_end(self) -> None:
        """Go on with the stream where this epoch ended."""
        self.epoch += 1

    def _row(self, place: int, position: int) -> int:
        rows = len(self.columns[place])
        turn, within = divmod(position, rows)
        stream = 0 if self.paired else place
        if (stream, turn) not in self._orders:
            if len(self._orders) > 8:  # older turns are not asked for again
                self._orders.clear()
            seed = (self.seed, turn, stream) if stream else (self.seed, turn)
            self._orders[stream, turn] = np.random.default_rng(seed).permutation(rows)
        return int(self._orders[stream, turn][within])
