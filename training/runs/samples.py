"""What a generator is given for sheets, measures and comparisons: the same every time."""

from typing import Any

import keras
import numpy as np

from training.networks.inputs import (
    IMAGE_TO_IMAGE,
    LABEL_TO_IMAGE,
    MEAN_LOOK,
    Inputs,
    count_of,
    look_of,
    names_of,
    rows_of,
    task_of,
)
from training.pixels import to_network, to_pixels
from training.runs import sheets

SPREAD = 51  # Standard deviation of a random look's bytes: as that of the photos learned from.


def random_looks(count: int, length: int, seed: int = 0) -> np.ndarray:
    """Make looks of `length` bytes, uint8 [count, 1, 1, length]; those of a seed begin alike."""
    values = np.random.default_rng(seed).normal(MEAN_LOOK, SPREAD, (count, 1, 1, length))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def with_looks(sketches: np.ndarray, length: int, seed: int = 0) -> Inputs:
    """Sketches uint8 [N, S, S, C] as inputs, each with a random look of `length` bytes, if any."""
    looks = {"look": random_looks(len(sketches), length, seed)} if length else {}
    return {"sketch": sketches, **looks}


def sample_inputs(
    generator: keras.Model,
    count: int,
    pictures: np.ndarray | None = None,
    classes: int = 0,
    seed: int = 0,
) -> Inputs:
    """Make `count` of whatever a generator takes.

    Of `pictures`, uint8 [M, S, S, C], some at equal distances, all if there are fewer, with random
    looks where it takes one; or noise, float32 [N, Z], normal; or before that labels int32 [N],
    each of `classes` in turn.
    """
    task = task_of(generator)
    if task == IMAGE_TO_IMAGE:
        assert pictures is not None
        return with_looks(sheets.evenly_spaced(pictures, count), look_of(generator))
    random = np.random.default_rng(seed)
    noise = random.standard_normal((count, generator.inputs[-1].shape[1]), np.float32)
    if task == LABEL_TO_IMAGE:
        return {"label": np.arange(count, dtype=np.int32) % classes, "noise": noise}
    return {"noise": noise}


def completed(inputs: Inputs, length: int) -> Inputs:
    """Add the mean look of `length` bytes, where one is taken and none is there."""
    if not length or "look" in inputs:
        return inputs
    return {**inputs, "look": np.full((count_of(inputs), 1, 1, length), MEAN_LOOK, np.uint8)}


def generate(generator: keras.Model, inputs: Inputs, batch: int = 8) -> np.ndarray:
    """Run a generator on inputs as `sample_inputs` makes them; gives uint8 [N, S, S, C].

    Coloured pictures become grey where the generator takes grey ones, as in what is exported.
    Without a look, those get the mean one that take one.
    """
    inputs = completed(inputs, look_of(generator))
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
