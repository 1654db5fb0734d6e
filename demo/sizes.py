"""How large a picture is, as a card says it: the side of a square, or width and height."""

import re
from typing import TypeAlias

from demo.errors import UserError

Size: TypeAlias = int | tuple[int, int]  # px: a square's side, or (width, height).

_SIDES = range(8, 4097)
_TEXT = re.compile(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")


def read_size(value: object) -> Size:
    """Read a size from a card: a number, or a text such as `384x256`, width x height.

    Raises `UserError` for anything else, and for sides that are not from 8 to 4096 px.
    """
    sides: tuple[int, ...] = ()
    if isinstance(value, int) and not isinstance(value, bool):
        sides = (value, value)
    elif isinstance(value, str) and (match := _TEXT.fullmatch(value)):
        sides = (int(match[1]), int(match[2]))
    squares_are_numbers = isinstance(value, int) or len(set(sides)) == 2
    if not sides or not squares_are_numbers or not set(sides) <= set(_SIDES):
        raise UserError(f"card.json: expected a size from 8 to 4096 px, got {value!r:.60}")
    return size_of(*sides)


def size_of(width: int, height: int) -> Size:
    """Return the size of a picture of so many pixels."""
    return width if width == height else (width, height)


def sides_of(size: Size) -> tuple[int, int]:
    """Return the height and the width: the order that arrays have."""
    return (size, size) if isinstance(size, int) else (size[1], size[0])


def told(size: Size) -> str:
    """Return `256`, or `384x256`: width x height."""
    return str(size) if isinstance(size, int) else f"{size[0]}x{size[1]}"
