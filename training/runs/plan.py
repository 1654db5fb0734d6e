"""Train for a time: how fast this machine is, how often to save, the step size, when to stop."""

import dataclasses
import math
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training import progress
from training.data.batches import Batches
from training.errors import UserError
from training.runs.checkpoints import copied, state
from training.runs.folder import Run
from training.runs.options import FitOptions

EPOCHS = 20  # Checkpoints and sheets in a training of one stretch, if that is often enough.
MOST_IMAGES = 4_000  # Between two of them,
MOST_SECONDS = 180.0  # as this is what a stop may cost;
LEAST_SECONDS = 20.0  # but a GPU, which sees as many in one, would draw more sheets than it trains.
# Calls that are not counted, as the first compiles, and what is enough to know the speed.
WARM_UP, CALLS, SECONDS = 2, 6, 10.0
# The learning rate stays for so much of the time, and has halved so often at its end.
STEADY, HALVINGS = 0.5, 4.0
# A training that began with something ends sooner, when it has seen all pairs so often: what it
# learns of few photos after that, it knows by heart, and others come out the worse for it. Until
# then its learning rate stays whole, unless half of the time is over: halved, colours got worse.
PASSES = 20
ENDLESS = 1_000  # Epochs, of which a time has some twenty: the clock ends them.


def planned_epoch_images(folder: Path) -> int | None:
    """How many images lie between two checkpoints of the run in a folder, if there is one."""
    return Run.open(folder).config["epoch_images"] if (folder / "config.json").exists() else None


def measure_speed(
    model: Any, columns: tuple[np.ndarray, ...], batch: int, paired: bool = True
) -> float:
    """Train some steps and undo them: the images a second that this machine trains on."""
    steps = model.steps_per_execution
    batches = Batches(columns, batch, 0, batch * steps * (WARM_UP + CALLS), paired=paired)
    before = copied(model)
    watch = _StopWatch()
    model.fit(batches, epochs=1, shuffle=False, verbose=0, callbacks=[watch])
    for name, variable in state(model).items():
        variable.assign(before[name])
    return batch * steps / watch.seconds_a_call


def planned(
    options: FitOptions,
    model: Any,
    columns: tuple[np.ndarray, ...],
    batch: int,
    paired: bool,
) -> FitOptions:
    """Measure the speed, say when it will be done, and choose how often to save until then."""
    progress.step("measure speed")
    speed = measure_speed(model, columns, batch, paired)
    enough = enough_images(bool(options.start), len(columns[0]))
    minutes = min(options.minutes, enough / speed / 60)
    print(told(speed, minutes))
    progress.tell("planned", **expected(speed, minutes))
    images = epoch_images(speed, minutes, batch)
    return dataclasses.replace(options, epoch_images=images)


def epoch_images(speed: float, minutes: float, batch: int) -> int:
    """How many images to see between two checkpoints: a share of the time, in whole batches."""
    most = max(MOST_IMAGES, speed * LEAST_SECONDS)
    images = min(most, speed * min(MOST_SECONDS, 60 * minutes / EPOCHS))
    return max(1, int(images // batch)) * batch


def step_size(progress: float) -> float:
    """The share of the learning rate that is taken after this share of the time."""
    return 0.5 ** (HALVINGS * max(0.0, (progress - STEADY) / (1 - STEADY)))


def check_recipe(recipe: Any, workers: int) -> None:
    """Raise `UserError` where a time cannot be trained for."""
    if getattr(recipe, "halving", 0):
        raise UserError("--minutes plans the learning rate by itself: leave out --halving")
    if workers > 1:
        raise UserError("--minutes is for one machine: several agree on a number of --images")


def enough_images(started: bool, pairs: int) -> float:
    """After how many images of so many pairs a training ends, whatever its time."""
    return PASSES * pairs if started else math.inf


def last_epoch(config: dict[str, Any], pairs: int, begun: int) -> int:
    """The epoch that a run of so many pairs ends with, if not the clock ends it before.

    `begun` are over already.
    """
    enough = enough_images(bool(config["start"]), pairs) / config["epoch_images"]
    return math.ceil(min(enough, begun + ENDLESS))


class Deadline(keras.callbacks.Callback):
    """Lowers the learning rate as the time goes by, and stops before an epoch that would be late.

    What is saved holds the whole learning rate, so that a run may go on for another time.
    """

    def __init__(self, minutes: float, seconds: float):
        """Stop after so many minutes, of which `seconds` are over."""
        super().__init__()
        self.seconds, self.spent = 60 * minutes, seconds
        self.began = time.monotonic()
        self.longest = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the learning rate of this moment."""
        self.epoch_began = time.monotonic()
        self.rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        progress = (self.spent + self.epoch_began - self.began) / self.seconds
        self.model.optimizer.learning_rate = self.rate * step_size(progress)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Restore the learning rate, and see whether there is time for another epoch."""
        self.model.optimizer.learning_rate = self.rate
        now = time.monotonic()
        self.longest = max(self.longest, now - self.epoch_began)
        if self.spent + now - self.began + self.longest > self.seconds:
            self.model.stop_training = True


def told(speed: float, minutes: float) -> str:
    """How many images that will be and until when, in a line."""
    images = int(float(f"{speed * 60 * minutes:.2g}"))
    return f"{speed:.1f} images/s: about {images:,} images until {until(minutes)}"


def say_enough(pairs: int) -> None:
    """Say that a run ended before its time, as so many pairs give no more."""
    print(
        f"each of {pairs:,} pairs was seen {PASSES} times, and they give no more: more photos give "
        f"more than more time"
    )
    progress.tell("enough", pairs=pairs, times=PASSES)


def until(minutes: float, seconds: float = 0.0) -> str:
    """The time of day at which so many minutes are over, of which `seconds` are already."""
    return f"{datetime.now() + timedelta(minutes=minutes, seconds=-seconds):%H:%M}"


def go_on(minutes: float, seconds: float) -> None:
    """Say until when a run goes on, of whose minutes so many seconds are over."""
    print(f"going on until {until(minutes, seconds)} at the latest")
    progress.tell("planned", **expected(None, minutes, seconds))


def expected(speed: float | None, minutes: float, seconds: float = 0.0) -> dict[str, Any]:
    """The same for programs; the speed is not known where a run goes on."""
    return {
        "images_per_second": speed,
        "images": round(speed * 60 * minutes) if speed else None,
        "ends": round(time.time() + 60 * minutes - seconds),
    }


class _StopWatch(keras.callbacks.Callback):
    """Stops a training as soon as its speed is known."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the time, and see whether that is enough."""
        self.ends.append(time.monotonic())
        calls = len(self.ends) - WARM_UP
        if calls >= CALLS or (calls >= 1 and self.ends[-1] - self.ends[WARM_UP - 1] > SECONDS):
            self.model.stop_training = True

    @property
    def seconds_a_call(self) -> float:
        """The mean over the steps that count."""
        counted = self.ends[min(WARM_UP, len(self.ends)) - 1 :]
        return (counted[-1] - counted[0]) / max(1, len(counted) - 1)
