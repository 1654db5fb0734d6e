"""What happens around the steps: speed, sheets, checkpoints, and a stop on NaN."""

import csv
import math
import time
from collections.abc import Callable
from pathlib import Path

import keras

from training.errors import UserError
from training.runs import sheets


class Throughput(keras.callbacks.Callback):
    """Adds `images/s` to the progress bar and the logs: the mean over this epoch so far."""

    def __init__(self, batch: int):
        super().__init__()
        self.batch = batch

    def on_epoch_begin(self, epoch, logs=None):
        """Reset the clock."""
        self.start = None

    def on_train_batch_begin(self, batch, logs=None):
        """Start the clock after the first step, which compiles."""
        if batch == 1:
            self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Report the speed so far."""
        if self.start is not None:
            self.speed = batch * self.batch / (time.perf_counter() - self.start)
            logs["images/s"] = self.speed

    def on_epoch_end(self, epoch, logs=None):
        """Keep the epoch's speed in the logs."""
        if self.start is not None:
            logs["images/s"] = self.speed


class Stages(keras.callbacks.Callback):
    """Compiles the step anew where a model comes to another stage, `images` having been seen."""

    def __init__(self, batch: int, images: int):
        super().__init__()
        self.batch, self.images = batch, images

    def on_train_batch_begin(self, batch, logs=None):
        """See whether it is time."""
        stage = self.model.stage_at(self.images)
        if stage != self.model.stage:
            self.model.stage = stage
            self.model.make_train_function(force=True)
        self.images += self.batch


class StopOnNaN(keras.callbacks.Callback):
    """Ends the training at the first loss that is not finite, and says which and where."""

    def on_train_batch_end(self, batch, logs=None):
        """Check every logged mean; NaN stays in a mean, so none is missed.

        Raises:
            UserError: names the metric, the epoch and the step.
        """
        for name, value in (logs or {}).items():
            if not math.isfinite(float(value)):
                raise UserError(
                    f"training diverged: {name} is {float(value)} at step {batch + 1} of epoch "
                    f"{self.epoch + 1}; the checkpoint before it is kept: try a smaller "
                    f"--learning-rate, or --precision float32, in a new run"
                )

    def on_epoch_begin(self, epoch, logs=None):
        """Remember where we are."""
        self.epoch = epoch


class LogTable(keras.callbacks.Callback):
    """Appends a row of logs an epoch to a CSV file.

    Rows of epochs from `epochs_done` on are dropped first: a resumed run writes them again.
    """

    def __init__(self, path: Path, epochs_done: int):
        super().__init__()
        self.path = path
        rows = list(csv.reader(path.read_text().splitlines())) if path.exists() else []
        self.header = rows[0] if rows else []
        kept = [row for row in rows[1:] if int(row[0]) < epochs_done]
        if len(kept) < len(rows) - 1:
            self._write("w", [self.header, *kept])

    def on_epoch_end(self, epoch, logs=None):
        """Append the row, after a header if it is the first."""
        row = {"epoch": epoch} | {name: f"{float(value):.6g}" for name, value in logs.items()}
        if not self.header:
            self.header = list(row)
            self._write("w", [self.header])
        self._write("a", [[row.get(name, "") for name in self.header]])

    def _write(self, mode: str, rows: list) -> None:
        with open(self.path, mode, newline="") as file:
            csv.writer(file).writerows(rows)


class AfterEpoch(keras.callbacks.Callback):
    """Calls `action(epochs_done)` after each epoch; on JAX the variables are in place by then."""

    def __init__(self, action: Callable[[int], None]):
        super().__init__()
        self.action = action

    def on_epoch_end(self, epoch, logs=None):
        """Act."""
        self.action(epoch + 1)


class ProgressGIF(keras.callbacks.Callback):
    """Joins all sample sheets to one animation when the training ends."""

    def __init__(self, samples: Path, target: Path):
        super().__init__()
        self.samples, self.target = samples, target

    def on_train_end(self, logs=None):
        """Write the animation."""
        paths = sorted(self.samples.glob("[0-9]*.png"))
        if paths:
            sheets.animate(paths, self.target)
