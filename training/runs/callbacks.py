"""What happens around the steps: speed, stages, the log, an animation, and a stop on NaN."""

import math
import time
from pathlib import Path

import keras

from training import files, progress
from training.errors import UserError
from training.runs import sheets
from training.runs.checkpoints import Position
from training.runs.writing import Writer


class Counting(keras.callbacks.Callback):
    """Counts images: Keras calls back once for several steps, of which the last call has fewer."""

    def __init__(self, batch: int):
        super().__init__()
        self.batch = batch

    def on_epoch_begin(self, epoch, logs=None):
        """Remember where we are."""
        self.epoch = epoch

    def images(self, step: int) -> int:
        """How many images were seen before the step of this number in this epoch, from 0."""
        steps = self.params["steps"]
        return (self.epoch * steps + min(step, steps)) * self.batch


class Throughput(Counting):
    """Adds `images/s` to the progress bar and the logs: the mean over this epoch so far."""

    def on_epoch_begin(self, epoch, logs=None):
        """Reset the clock."""
        super().on_epoch_begin(epoch)
        self.start = None

    def on_train_batch_begin(self, batch, logs=None):
        """Start the clock after the first call, which compiles."""
        if batch and self.start is None:
            self.start, self.before = time.perf_counter(), self.images(batch)

    def on_train_batch_end(self, batch, logs=None):
        """Report the speed so far."""
        if self.start is not None:
            seen = self.images(batch + 1) - self.before
            self.speed = seen / (time.perf_counter() - self.start)
            logs["images/s"] = self.speed

    def on_epoch_end(self, epoch, logs=None):
        """Keep the epoch's speed in the logs."""
        if self.start is not None:
            logs["images/s"] = self.speed


class Stages(Counting):
    """Compiles the step anew where a model comes to another stage."""

    def on_train_batch_begin(self, batch, logs=None):
        """See whether it is time."""
        stage = self.model.stage_at(self.images(batch))
        if stage != self.model.stage:
            self.model.stage = stage
            self.model.make_train_function(force=True)


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
                    f"training diverged: {name} is {float(value)} by step "
                    f"{min(batch + 1, self.params['steps'])} of epoch {self.epoch + 1}; the "
                    "checkpoint before it is kept: try a smaller --learning-rate, or --precision "
                    "float32, in a new run"
                )

    def on_epoch_begin(self, epoch, logs=None):
        """Remember where we are."""
        self.epoch = epoch


class LogTable(keras.callbacks.Callback):
    """Appends a row of logs an epoch to a CSV file.

    Rows of epochs from `epochs_done` on are dropped first: a resumed run writes them again. So are
    blank lines, and lines that a crash cut short.
    """

    def __init__(self, path: Path, epochs_done: int):
        super().__init__()
        self.path = path
        text = path.read_bytes().decode(errors="replace") if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        lines = [line.split(",") for line in whole.splitlines()]
        headers = [line for line in lines if line[0] == "epoch"]
        self.header = headers[0] if headers else []
        kept = [line for line in lines if self._is_row(line, epochs_done)]
        mended = _table([self.header, *kept]) if headers else ""
        if mended != text:
            with files.replacing(path) as beside:
                beside.write_text(mended, newline="")

    def on_epoch_end(self, epoch, logs=None):
        """Append the row, after a header if it is the first."""
        row = {"epoch": epoch} | {name: f"{float(value):.6g}" for name, value in logs.items()}
        rows = [[row.get(name, "") for name in self.header or row]]
        if not self.header:
            self.header = list(row)
            rows.insert(0, self.header)
        files.append(self.path, _table(rows))

    def _is_row(self, cells: list[str], epochs_done: int) -> bool:
        if len(cells) != len(self.header) or not cells[0].isdecimal():
            return False
        return int(cells[0]) < epochs_done and all(map(_is_number, cells[1:]))


def _is_number(cell: str) -> bool:
    """Tell whether a cell is a number, or blank as for a loss that a stage does not have."""
    try:
        return not cell or math.isfinite(float(cell))
    except ValueError:
        return False


def _table(rows: list[list]) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


class Telling(Counting):
    """Tells programs how far the training is: images, time left, losses, and each epoch's sheet.

    It ends with so many `epochs`, or with `minutes` if there are any and they end first; `begun` is
    where it goes on.
    """

    def __init__(
        self,
        batch: int,
        begun: Position,
        epochs: int,
        minutes: float,
        samples: Path,
        writer: Writer,
    ):
        super().__init__(batch)
        self.writer = writer
        self.begun, self.epochs, self.minutes = begun, epochs, minutes
        self.samples, self.start = samples, time.monotonic()

    def on_train_begin(self, logs=None):
        """Start the clock, and say that the first step, which compiles, is on its way."""
        self.last = self.epochs * self.params["steps"] * self.batch
        self.total = None if self.minutes else self.last
        self.start = time.monotonic()
        progress.step("train", self.begun.images, self.total, "image")

    def on_train_batch_end(self, batch, logs=None):
        """Tell, where a second has gone by."""
        images = self.images(batch + 1)
        speed, losses = self._said(logs)
        seconds = self.begun.seconds + time.monotonic() - self.start
        left = (self.last - images) / speed if speed else None
        if self.minutes:
            clock = 60 * self.minutes - seconds
            left = clock if left is None else min(clock, left)
        now = {"images_per_second": speed, "losses": losses, "seconds": round(seconds)}
        progress.step("train", images, self.total, "image", left, **now)

    def on_epoch_end(self, epoch, logs=None):
        """Tell what the epoch came to, once its sheet and its checkpoint are written."""
        speed, losses = self._said(logs)
        facts = {
            "epoch": epoch + 1,
            "images": self.images(self.params["steps"]),
            "seconds": round(self.begun.seconds + time.monotonic() - self.start),
            "images_per_second": speed,
            "losses": losses,
            "sheet": self.samples / f"{epoch + 1:05d}.png",
        }
        self.writer.submit(lambda: progress.tell("epoch", **facts))

    def _said(self, logs):
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        speed = numbers.pop("images/s", None)
        return speed, numbers


class ProgressGIF(keras.callbacks.Callback):
    """Joins all sample sheets to one animation when the training ends."""

    def __init__(self, samples: Path, target: Path, writer: Writer):
        super().__init__()
        self.samples, self.target, self.writer = samples, target, writer

    def on_train_end(self, logs=None):
        """Have the animation written, after the last sheet."""
        self.writer.submit(self._write)

    def _write(self):
        paths = sorted(self.samples.glob("[0-9]*.png"))
        if paths:
            sheets.animate(paths, self.target)
