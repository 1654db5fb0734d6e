"""What a generator is given for sheets, measures and comparisons: the same every time."""

from typing import Any

import keras
import numpy as np

from training.networks.inputs import (
    IMAGE_TO_IMAGE,
    LABEL_TO_IMAGE,
    Inputs,
    count_of,
    names_of,
    rows_of,
    task_of,
)
from training.pixels import to_network, to_pixels
from training.runs import sheets


def sample_inputs(
    generator: keras.Model,
    count: int,
    pictures: np.ndarray | None = None,
    classes: int = 0,
    seed: int = 0,
) -> Inputs:
    """Make `count` of whatever a generator takes.

    Of `pictures`, uint8 [M, S, S, C], some at equal distances, all if there are fewer; or noise,
    float32 [N, Z], normal; or before that labels int32 [N], each of `classes` in turn.
    """
    task = task_of(generator)
    if task == IMAGE_TO_IMAGE:
        assert pictures is not None
        return {"sketch": sheets.evenly_spaced(pictures, count)}
    random = np.random.default_rng(seed)
    noise = random.standard_normal((count, generator.inputs[-1].shape[1]), np.float32)
    if task == LABEL_TO_IMAGE:
        return {"label": np.arange(count, dtype=np.int32) % classes, "noise": noise}
    return {"noise": noise}


def generate(generator: keras.Model, inputs: Inputs, batch: int = 8) -> np.ndarray:
    """Run a generator on inputs as `sample_inputs` makes them; gives uint8 [N, S, S, C].

    Coloured pictures become grey where the generator takes grey ones, as in what is exported.
    """
    sketch = inputs.get("sketch")
    if sketch is not None and generator.inputs[0].shape[3] == 1:
        grey = np.rint(sketch.mean(axis=3, keepdims=True)).astype(np.uint8)
        inputs = {**inputs, "sketch": grey}
    starts = range(0, count_of(inputs), batch)
    parts = [ready(generator, rows_of(inputs, start, start + batch)) for start in starts]
    return np.concatenate([to_pixels(generator(part, training=False)) for part in parts])


def ready(generator: keras.Model, inputs: Inputs) -> Any:
    """Inputs as a call of the generator takes them: in its order, pixels as float32 in [-1, 1]."""
    given = [inputs[name] for name in names_of(generator)]
    given = [to_network(x) if x.dtype == np.uint8 else x for x in given]
    return given if len(given) > 1 else given[0]
