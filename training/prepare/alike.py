"""Photos that are nearly the same: a hash of what a picture looks like, and who shares it.

The hash says of 8 x 8 places whether the one to the right is brighter (known as dHash). Another
size, another quality or a little more light change a bit or two of the 64.
"""

from collections import defaultdict
from collections.abc import Iterable

import cv2
import numpy as np

ALIKE = 4  # Bits in which pictures that look the same may differ.
_BANDS = ALIKE + 1  # Of so many parts of two such hashes at least one is equal.
_WIDTH = 64 // _BANDS


def look(photo: np.ndarray) -> str:
    """Hash a picture, uint8 [H, W, 3] RGB, to 16 hexadecimal digits."""
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes().hex()


def near_duplicates(looks: Iterable[str]) -> int:
    """Count those that have one before them that looks the same."""
    seen: list[dict[int, set[int]]] = [defaultdict(set) for _ in range(_BANDS)]
    count = 0
    for digits in looks:
        value = int(digits, 16)
        parts = [value >> _WIDTH * band & (1 << _WIDTH) - 1 for band in range(_BANDS - 1)]
        parts.append(value >> _WIDTH * (_BANDS - 1))
        near = set().union(*(band[part] for band, part in zip(seen, parts, strict=True)))
        count += any((value ^ other).bit_count() <= ALIKE for other in near)
        for band, part in zip(seen, parts, strict=True):
            band[part].add(value)
    return count
