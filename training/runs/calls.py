"""Several steps in one call of the device, so that a fast one does not wait for Python."""

import sys
from typing import Any

from training.backends import Devices, accelerator

# Between two calls of a device Python has a millisecond or two of work, and reads the losses, for
# which the device has to come to rest: the step of a GPU may be as short. A step of a CPU is not.
MOST_STEPS = {"accelerator": 32, "cpu": 1}
LEAST_CALLS = 8  # An epoch, so that its bar moves, its speed is known and NaN is found early.


def steps_a_call(model: Any, devices: Devices, steps: int) -> int:
    """How many steps a call to take of a model, on what trains here, in an epoch of `steps`.

    One where the model grows: a call is compiled for a stage, and that may end after any step.
    """
    grows = model.stage_at(0) != model.stage_at(sys.maxsize)
    most = MOST_STEPS["accelerator" if accelerator() else "cpu"]
    return 1 if grows or not devices.loops else max(1, min(most, steps // LEAST_CALLS))


def arrange_calls(model: Any, devices: Devices, steps: int) -> None:
    """Let the model's `fit` take as many; what was compiled for another number is let go.

    The last call of an epoch has fewer steps where they do not divide.
    """
    wanted = steps_a_call(model, devices, steps)
    if wanted != model.steps_per_execution:
        model.steps_per_execution = wanted
        model.train_function = None
