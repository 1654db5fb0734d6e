"""What a generator takes, by name, and which task that makes it one for.

Imports neither Keras nor numpy: `python -m export --help` asks for the tasks, and is not to wait.
"""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import keras
    import numpy as np

# By the names of a generator's inputs, one row [N, ...] a picture: `sketch`, uint8 pixels, and with
# it, maybe, `look`, uint8 [N, 1, 1, bytes]; `label`, int32; `noise`, float32.
Inputs: TypeAlias = "dict[str, np.ndarray]"

IMAGE_TO_IMAGE = "image-to-image"
LABEL_TO_IMAGE = "label-to-image"
NOISE_TO_IMAGE = "noise-to-image"
TASKS = (IMAGE_TO_IMAGE, LABEL_TO_IMAGE, NOISE_TO_IMAGE)
MEAN_LOOK = 128  # In every byte of a look.


def task_of(generator: "keras.Model") -> str:
    """What a generator makes pictures of: one of `TASKS`."""
    if len(generator.inputs[0].shape) == 4:
        return IMAGE_TO_IMAGE
    return LABEL_TO_IMAGE if len(generator.inputs) == 2 else NOISE_TO_IMAGE


def names_of(generator: "keras.Model") -> list[str]:
    """The names of its inputs, in its order; that of pictures is `sketch` whatever they are."""
    if task_of(generator) == IMAGE_TO_IMAGE:
        return ["sketch", "look"][: len(generator.inputs)]
    return [x.name for x in generator.inputs]


def look_of(generator: "keras.Model") -> int:
    """How many bytes of a look it takes beside a picture; 0 for none."""
    return generator.inputs[1].shape[-1] if "look" in names_of(generator) else 0


def count_of(inputs: Inputs) -> int:
    """For how many pictures there are inputs."""
    return len(next(iter(inputs.values())))


def rows_of(inputs: Inputs, start: int, stop: int) -> Inputs:
    """The inputs of some pictures."""
    return {name: values[start:stop] for name, values in inputs.items()}
