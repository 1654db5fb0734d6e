"""Make noise from a seed, change it by hand, and interpolate between two seeds."""

from collections.abc import Sequence
from typing import TypeGuard

import numpy as np

MAX_SEED = 2**32 - 1
SLIDERS = 8  # The first numbers of the noise, which a person can move.
REACH = 3.0  # Of a slider, to both sides; 99.7 % of normal numbers lie within.
STEP = 0.01


def is_seed(value: int | None) -> TypeGuard[int]:
    """Tell whether a field for whole numbers holds a seed."""
    return value is not None and 0 <= value <= MAX_SEED


def noise(seed: int, latent: int) -> np.ndarray:
    """Return the standard normal noise of a seed from 0 to `MAX_SEED`: float32 `[latent]`.

    It is the same on every machine, and in the page that needs no server (`web/src/noise.js`):
    Box-Muller on the numbers of mulberry32.
    """
    pairs = -(-latent // 2)
    first, second = _mulberry32(seed, 2 * pairs).reshape(pairs, 2).T
    radius = np.sqrt(-2 * np.log(1 - first))  # Of 1 - 0 there is a logarithm.
    angle = 2 * np.pi * second
    values = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return values.reshape(-1)[:latent].astype(np.float32)


def _mulberry32(seed: int, count: int) -> np.ndarray:
    """Numbers from 0 to below 1, float64 (Tommy Ettinger's generator, in the public domain)."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * 0x6D2B79F5
    state = ((seed + steps) & 0xFFFFFFFF).astype(np.uint32)
    mixed = (state ^ (state >> 15)) * (state | 1)
    mixed ^= mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)
    return (mixed ^ (mixed >> 14)) / 2.0**32


def places(values: np.ndarray) -> list[float]:
    """Return where the sliders stand for this noise, at most `SLIDERS` of them."""
    return [round(float(np.clip(value, -REACH, REACH)), 2) for value in values[:SLIDERS]]


def moved(values: np.ndarray, sliders: Sequence[float | None]) -> np.ndarray:
    """Return the noise with its first numbers where the sliders stand.

    A slider that stands where `places` put it, or nowhere while somebody types another number,
    leaves its number as exact as it was.
    """
    result = values.copy()
    for index, (place, slider) in enumerate(zip(places(values), sliders, strict=True)):
        if slider is not None and slider != place:
            result[index] = slider
    return result


def between(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Return `steps` noises on the arc from one to another, both included: `[steps, latent]`.

    Spherical interpolation, as in https://arxiv.org/abs/1609.04468: on the straight line the noises
    between would be shorter than any that a generator was trained on.
    """
    cosine = np.dot(start, end) / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    shares = np.linspace(0, 1, steps)[:, None]
    if np.sin(angle) < 1e-6:  # One direction, or opposite ones: there is no arc to follow.
        result = (1 - shares) * start + shares * end
    else:
        result = (np.sin((1 - shares) * angle) * start + np.sin(shares * angle) * end) / np.sin(
            angle
        )
    result[0], result[-1] = start, end  # To the bit.
    return result.astype(np.float32)
