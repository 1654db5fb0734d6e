"""Photos that are nearly the same: a hash of what a picture looks like, and who shares it.

The hash says of 8 x 8 places whether the one to the right is brighter (known as dHash). Another
size, another quality or a little more light change a bit or two of the 64.
"""

from collections.abc import Iterable
from itertools import combinations

import cv2
import numpy as np

ALIKE = 4  # Bits in which pictures that look the same may differ.
_PARTS = ALIKE + 2  # Of so many parts of two such hashes at least two are equal.
_EDGES = np.linspace(0, 64, _PARTS + 1).astype(int)


def look(photo: np.ndarray) -> str:
    """Hash a picture, uint8 [H, W, 3] RGB, to 16 hexadecimal digits."""
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes().hex()


def near_duplicates(looks: Iterable[str]) -> int:
    """Count those that have one before them that looks the same.

    Those with two equal parts are sorted beside each other, so a million of them take seconds.
    """
    hashes = np.fromiter((int(digits, 16) for digits in looks), np.uint64)
    unique, first = np.unique(hashes, return_index=True)
    ordered = unique[np.argsort(first)]  # What is there twice counts; of the others, the later.
    later = np.zeros(len(ordered), bool)
    for parts in combinations(range(_PARTS), 2):
        shared = ordered & sum((_bits_of(part) for part in parts), np.uint64(0))
        by_key = np.argsort(shared, kind="stable")
        shared = shared[by_key]
        starts = np.arange(len(ordered) - 1)
        for distance in range(1, len(ordered)):
            starts = starts[starts < len(ordered) - distance]
            starts = starts[shared[starts] == shared[starts + distance]]
            if not len(starts):
                break
            one, other = by_key[starts], by_key[starts + distance]
            later[other[np.bitwise_count(ordered[one] ^ ordered[other]) <= ALIKE]] = True
    return len(hashes) - len(ordered) + int(later.sum())


def _bits_of(part: int) -> np.uint64:
    """A mask of the bits of one part of a hash."""
    return np.uint64((1 << int(_EDGES[part + 1])) - (1 << int(_EDGES[part])))
