"""Make noise from a seed, for the programs that ask for one."""

from typing import TypeGuard

import numpy as np

MAX_SEED = 2**32 - 1


def is_seed(value: int | None) -> TypeGuard[int]:
    """Tell whether a field for whole numbers holds a seed."""
    return value is not None and 0 <= value <= MAX_SEED


def noise(seed: int, latent: int) -> np.ndarray:
    """Return the standard normal noise of a seed from 0 to `MAX_SEED`: float32 `[latent]`.

    It is the same on every machine, and in the page (`pad/noise.js`):
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
