"""Group photos that are nearly the same, by the hashes of what they look like."""

from collections import defaultdict
from collections.abc import Mapping

ALIKE = 4  # Bits of 64 in which pictures that look the same may differ.
_BANDS = ALIKE + 1  # Of so many parts of two such hashes at least one is equal.
_WIDTH = 64 // _BANDS
MOST = 100  # Groups that are shown.
CROWD = 50  # In a band; a thousand flat skies are not all compared with each other.


def groups(looks: Mapping[str, str]) -> list[list[str]]:
    """Group the names of hashes of 16 hexadecimal digits; those that are like no other are left.

    The largest group first.
    """
    near: dict[str, str] = {}  # The name of a group's first, which is its own.
    bands: list[dict[int, list[str]]] = [defaultdict(list) for _ in range(_BANDS)]
    values = {name: int(digits, 16) for name, digits in looks.items()}
    for name, value in values.items():
        near[name] = name
        for number, band in enumerate(bands):
            part = value >> _WIDTH * number & (1 << _WIDTH) - 1
            for other in band[part][:CROWD]:
                if near[name] == name and (value ^ values[other]).bit_count() <= ALIKE:
                    near[name] = near[other]
            band[part].append(name)
    found: dict[str, list[str]] = defaultdict(list)
    for name, first in near.items():
        found[first].append(name)
    several = [names for names in found.values() if len(names) > 1]
    return sorted(several, key=len, reverse=True)[:MOST]
