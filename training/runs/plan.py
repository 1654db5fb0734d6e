"""Train for a time: how fast this machine is, how often to save, the step size, when to stop."""

import dataclasses
import time
from datetime import datetime, timedelta
from typing import Any

import keras
import numpy as np

from training import progress
from training.data.batches import Batches
from training.errors import UserError
from training.runs.checkpoints import Position, copied, state
from training.runs.length import EPOCHS, PASSES

MOST_IMAGES = 4_000  # Between two checkpoints,
MOST_SECONDS = 180.0  # as this is what a stop may cost;
LEAST_SECONDS = 20.0  # but a GPU, which sees as many in one, would draw more sheets than it trains.
# Calls that are not counted, as the first compiles, and what is enough to know the speed.
WARM_UP, CALLS, SECONDS = 2, 6, 10.0
# The learning rate stays for so much of the time, and has halved so often at its end.
STEADY, HALVINGS = 0.5, 4.0


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
    minutes: float,
    enough: float,
    model: Any,
    columns: tuple[np.ndarray, ...],
    batch: int,
    paired: bool,
) -> int:
    """Measure the speed, and say when it will be done; returns the images between two checkpoints.

    It ends sooner than in so many minutes where it has seen `enough` images by then.
    """
    progress.step("measure speed")
    speed = measure_speed(model, columns, batch, paired)
    minutes = min(minutes, enough / speed / 60)
    print(told(speed, minutes))
    progress.tell("planned", **expected(speed, minutes))
    return epoch_images(speed, minutes, batch)


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


class Deadline(keras.callbacks.Callback):
    """Lowers the learning rate as the time goes by, and stops before an epoch that would be late.

    It says so. What is saved holds the whole learning rate, so that a run may go on for another
    time.
    """

    def __init__(self, minutes: float, begun: Position):
        """Stop after so many minutes, of which those of `begun` are over."""
        super().__init__()
        self.minutes, self.begun = minutes, begun
        self.began = time.monotonic()
        self.now = begun

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the learning rate of this moment."""
        self.epoch_began = time.monotonic()
        self.rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        spent = self.begun.seconds + self.epoch_began - self.began
        progress = spent / (60 * self.minutes)
        self.model.optimizer.learning_rate = self.rate * step_size(progress)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Restore the learning rate, and see whether there is time for another epoch."""
        self.model.optimizer.learning_rate = self.rate
        now = time.monotonic()
        self.now = dataclasses.replace(
            self.now,
            epoch=epoch + 1,
            seconds=self.begun.seconds + now - self.began,
            longest=max(longest(self.now), now - self.epoch_began),
        )
        if is_late(self.minutes, self.now):
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Say that it was the clock, unless this epoch was the last one anyway."""
        if is_late(self.minutes, self.now) and self.now.epoch < self.params["epochs"]:
            say_late(self.minutes, self.now)


def longest(position: Position) -> float:
    """The seconds that an epoch of a run may take: what one took at most, as far as is known."""
    return position.longest or position.seconds / max(1, position.epoch)


def is_late(minutes: float, position: Position) -> bool:
    """Whether a run has no time for another epoch in so many minutes."""
    return position.seconds + longest(position) > 60 * minutes


def say_late(minutes: float, position: Position) -> None:
    """Say that the time is up, and how to go on."""
    print(
        f"its time is up: {position.seconds:,.0f} of {60 * minutes:,.0f} seconds are over, and "
        f"another epoch may take {longest(position):,.0f}: more --minutes go on from here"
    )


def told(speed: float, minutes: float) -> str:
    """How many images that will be and until when, in a line."""
    images = int(float(f"{speed * 60 * minutes:.2g}"))
    return f"{speed:.1f} images/s: about {images:,} images until {until(minutes)}"


def say_enough(pairs: int) -> None:
    """Say that a run ended before its time, as so many pairs give no more."""
    print(
        f"each of {pairs:,} pairs was seen {PASSES} times, and they give no more: more photos give "
        f"more than more time; --images with a number goes on all the same"
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
