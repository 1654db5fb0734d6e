"""Pixels 0..255, and the numbers in [-1, 1] that networks take and make of them."""

from typing import Any

import numpy as np
from keras import ops


def to_network(pixels: Any) -> Any:
    """Pixels 0..255, of any shape and type, as float32 in [-1, 1]; an array stays an array."""
    if isinstance(pixels, np.ndarray):
        return pixels.astype(np.float32) / 127.5 - 1.0
    return ops.cast(pixels, "float32") / 127.5 - 1.0


def from_network(x: Any) -> Any:
    """Float in [-1, 1], of any shape, as 0..255; neither rounded nor clipped."""
    return (x + 1.0) * 127.5


def to_pixels(x: Any) -> np.ndarray:
    """Float in [-1, 1], of any shape, as an array of uint8 0..255, rounded."""
    pixels = from_network(ops.convert_to_numpy(x).astype(np.float32))
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
