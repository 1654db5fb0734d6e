"""The devices of a training on TensorFlow: one, several, or those of several machines.

Each replica gets an equal share of every batch, and all keep the same weights: a mirrored strategy
sums their gradients. On several machines the same command runs on each, and the first of them,
the chief, alone reads and writes the run.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from training.errors import UserError

# What an operation ends with when another machine is gone; which one is a matter of chance.
LOST = (
    tf.errors.UnavailableError,
    tf.errors.InternalError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


class Devices:
    """`count` devices of this machine and of each other that `TF_CONFIG` names.

    `replicas` is how many share a batch, `workers` on how many machines, `chief` tells whether this
    is the first of them, and `loops` whether several steps can be one call: the step of several
    devices fails in TensorFlow's loop. With one device nothing is different from plain Keras.
    """

    def __init__(self, count: int):
        """Take the first `count` devices, and wait for the other machines, if there are any.

        Raises:
            UserError: fewer devices than that, a `TF_CONFIG` that names no workers, or a port in
                it that is not free.
        """
        self.workers, self._index = _cluster()
        self.chief = self._index == 0
        self.replicas = count * self.workers
        self._strategy = None
        found = tf.config.list_physical_devices("GPU")
        if self.workers > 1:
            _expect(count, len(found) or 1)
            tf.config.set_visible_devices(found[:count], "GPU")
            self._strategy = self._join()
        elif count != 1:
            kind = "GPU" if found else "CPU"
            devices = [device.name for device in tf.config.list_logical_devices(kind)]
            _expect(count, len(devices))
            self._strategy = tf.distribute.MirroredStrategy(devices[:count])
        self.loops = self._strategy is None

    def _join(self) -> tf.distribute.Strategy:
        print(f"worker {self._index} of {self.workers} waits until all have started", flush=True)
        try:
            return tf.distribute.MultiWorkerMirroredStrategy()
        except tf.errors.OpError as error:
            raise UserError(
                f"cannot join the workers of TF_CONFIG as number {self._index}: {error.message}"
            ) from None

    def building(self) -> contextlib.AbstractContextManager:
        """Where the model and its optimizer are built."""
        return self._strategy.scope() if self._strategy else contextlib.nullcontext()

    @contextlib.contextmanager
    def training(self) -> Iterator[None]:
        """Where the model is trained.

        Raises:
            UserError: another machine is gone, or could not be reached.
        """
        try:
            yield
        except LOST as error:
            if self.workers == 1:
                raise
            raise UserError(
                f"another worker of TF_CONFIG was lost ({type(error).__name__}); the last "
                f"checkpoint is kept: start the same command again on every machine"
            ) from None

    def from_chief(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """The chief's arrays, on every machine; their shapes and dtypes are the same on all."""
        if not self._strategy or self.workers == 1:
            return arrays

        @tf.function
        def summed(values: Any) -> Any:
            replica = tf.distribute.get_replica_context()
            first = replica.replica_id_in_sync_group == 0
            mine = [tf.where(first, value, tf.zeros_like(value)) for value in values]
            # One by one: they are of several dtypes.
            return [replica.all_reduce("SUM", value) for value in mine]

        with self.training():
            sums = self._strategy.run(summed, args=([tf.constant(a) for a in arrays],))
        return [self._strategy.experimental_local_results(each)[0].numpy() for each in sums]

    def part_ways(self, random_states: list) -> None:
        """Let each replica sample numbers of its own; the first those that one device would.

        `random_states` are the variables [seed, numbers so far] of seed generators.
        """
        if not self._strategy:
            return
        first = self._index * self.replicas // self.workers
        for state in random_states:
            for place, mine in enumerate(self._strategy.experimental_local_results(state.value)):
                mine.assign_add([first + place, 0])


def _cluster() -> tuple[int, int]:
    """Number of machines in `TF_CONFIG`, and which of them this is."""
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        return 1, 0
    try:
        config = json.loads(text)
        workers, task = len(config["cluster"]["worker"]), config["task"]
        if list(config["cluster"]) != ["worker"] or task["type"] != "worker":
            raise ValueError("not only workers")
        if not 0 <= int(task["index"]) < workers:
            raise ValueError("no such worker")
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f'expected TF_CONFIG like {{"cluster": {{"worker": ["host:port", ...]}}, "task": '
            f'{{"type": "worker", "index": 0}}}}, got {text!r} ({error})'
        ) from None
    return workers, int(task["index"])


def _expect(count: int, found: int) -> None:
    if not 1 <= count <= found:
        raise UserError(f"expected --devices of 1 to {found}, as many as there are; got {count}")
