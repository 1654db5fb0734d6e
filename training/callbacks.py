"""What happens around the steps: speed, sheets, checkpoints, and a stop on NaN."""

import csv
import math
import time
from collections.abc import Callable
from pathlib import Path

import keras

from training import files, sheets
from training.errors import UserError


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


def forget_after(log: Path, epochs: int) -> None:
    """Drop rows of `log.csv` that a resumed run is about to write again."""
    if not log.exists():
        return
    with open(log, newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    with files.replacing(log) as beside, open(beside, "w", newline="") as file:
        csv.writer(file).writerows([header, *[row for row in rows if int(row[0]) < epochs]])
