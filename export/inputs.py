"""What a generator takes, by name: to compare files on, to calibrate by, and for a card."""

from typing import Any

import keras
import numpy as np

Inputs = dict[str, np.ndarray]  # By name, one row a picture: uint8 sketches, int32 labels, noise.


def task_of(generator: keras.Model) -> str:
    """The task of a card: what a generator makes pictures of."""
    if len(generator.inputs[0].shape) == 4:
        return "image-to-image"
    return "label-to-image" if len(generator.inputs) == 2 else "noise-to-image"


def names_of(generator: keras.Model) -> list[str]:
    """The names of its inputs, in its order; that of pictures is `sketch` whatever they are."""
    if task_of(generator) == "image-to-image":
        return ["sketch"]
    return [x.name for x in generator.inputs]


def rows(inputs: Inputs) -> list[dict[str, np.ndarray]]:
    """The inputs of each picture, as batches of one: pictures float32, the others as they are."""
    as_float = {
        name: values.astype(np.float32) if values.dtype == np.uint8 else values
        for name, values in inputs.items()
    }
    count = len(next(iter(inputs.values())))
    return [{name: x[row : row + 1] for name, x in as_float.items()} for row in range(count)]


def described(generator: keras.Model, size: int, labels: int) -> list[dict[str, Any]]:
    """The entries of a card's `inputs`."""
    entries = {
        "sketch": pixels("sketch", size),
        "label": {"name": "label", "shape": [1], "dtype": "int32", "range": [0, labels - 1]},
        "noise": {"name": "noise", "dtype": "float32", "distribution": "normal"},
    }
    if "noise" in names_of(generator):
        entries["noise"]["shape"] = [1, generator.inputs[-1].shape[1]]
    return [entries[name] for name in names_of(generator)]


def pixels(name: str, size: int) -> dict[str, Any]:
    """The entry of a picture."""
    shape = [1, size, size, 3]
    return {"name": name, "shape": shape, "dtype": "float32", "range": [0, 255]}
