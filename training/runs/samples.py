"""What a generator is asked to draw, for sheets, measures and comparisons: the same every time."""

from typing import Any

import keras
import numpy as np

from training.runs import sheets

Inputs = tuple[np.ndarray, ...]  # One array [N, ...] an input of the generator, in its order.


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
    random = np.random.default_rng(seed)
    if pictures is not None and len(generator.inputs[0].shape) == 4:
        return (sheets.spread(pictures, count),)
    noise = random.standard_normal((count, generator.inputs[-1].shape[1]), np.float32)
    if len(generator.inputs) == 1:
        return (noise,)
    return np.arange(count, dtype=np.int32) % classes, noise


def draw(generator: keras.Model, inputs: Inputs, batch: int = 8) -> np.ndarray:
    """Run a generator on inputs as `sample_inputs` makes them; gives uint8 [N, S, S, C].

    Coloured pictures become grey where the generator takes grey ones, as in what is exported.
    """
    if inputs[0].ndim == 4 and generator.inputs[0].shape[3] == 1:
        inputs = (np.rint(inputs[0].mean(axis=3, keepdims=True)).astype(np.uint8),)
    starts = range(0, len(inputs[0]), batch)
    parts = [tuple(scaled(x[start : start + batch]) for x in inputs) for start in starts]
    outputs = [generator(x if len(x) > 1 else x[0], training=False) for x in parts]
    return np.concatenate([to_pixels(output) for output in outputs])


def scaled(values: np.ndarray) -> np.ndarray:
    """Pixels uint8 as a network takes them, float32 in [-1, 1]; labels and noise as they are."""
    return values.astype(np.float32) / 127.5 - 1.0 if values.dtype == np.uint8 else values


def to_pixels(tensor: Any) -> np.ndarray:
    """Float [-1, 1] of any shape -> uint8 0..255, rounded."""
    pixels = (keras.ops.convert_to_numpy(tensor).astype(np.float32) + 1.0) * 127.5
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
