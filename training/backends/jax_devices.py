"""The devices of a training on JAX: one, or several of this machine.

The compiler shares one step out among them, so everything in it, random numbers too, is as on one.
"""

import contextlib
import os

import keras
import numpy as np

from training.errors import UserError


class Devices:
    """The first `count` devices of this machine; each takes an equal share of every batch."""

    workers, chief, loops = 1, True, True

    def __init__(self, count: int):
        """Raises `UserError` where there are fewer, or where `TF_CONFIG` asks for more machines."""
        if "TF_CONFIG" in os.environ:
            raise UserError("TF_CONFIG is for TensorFlow; JAX trains on the devices of one machine")
        found = keras.distribution.list_devices()
        if not 1 <= count <= len(found):
            raise UserError(
                f"expected --devices of 1 to {len(found)}, as many as there are; got {count}"
            )
        self.replicas = count
        self._distribution = (
            keras.distribution.DataParallel(devices=found[:count]) if count > 1 else None
        )

    def building(self) -> contextlib.AbstractContextManager:
        """Where the model and its optimizer are built."""
        return self._distribution.scope() if self._distribution else contextlib.nullcontext()

    training = building

    def from_chief(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """What they are: there is one machine."""
        return arrays

    def part_ways(self, random_states: list) -> None:
        """Nothing: each device samples its share of the numbers that one would."""
