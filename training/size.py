"""How large a picture is: the side of a square, or width and height of any other.

Written as `256` or `384x256`; in a file squares stay the number that they always were.
"""

import re
from typing import Any, TypeAlias

from training.errors import UserError

SIZE = re.compile(r"([1-9][0-9]{0,4})(?:x([1-9][0-9]{0,4}))?")

LARGEST = 99_999  # px, a side: as many digits as a text may have.

Size: TypeAlias = int | tuple[int, int]  # px: a square's side, or (width, height).


def size_of(width: int, height: int) -> Size:
    """The size of a picture of so many pixels."""
    return width if width == height else (width, height)


def sides(size: Size) -> tuple[int, int]:
    """Height and width in px: the order that arrays have."""
    if isinstance(size, int):
        return size, size
    width, height = size
    return height, width


def with_short_side(size: Size, side: int) -> Size:
    """The size of this shape whose shorter side has `side` px."""
    height, width = sides(size)
    least = min(height, width)
    return size_of(*(max(1, round(each * side / least)) for each in (width, height)))


def told(size: Size) -> str:
    """`256`, or `384x256`: width x height."""
    return str(size) if isinstance(size, int) else "{}x{}".format(*size)


def parsed(text: str) -> Size:
    """The size that `text` tells, as `told` does; `384x384` is a square, too.

    Raises:
        UserError: it tells none.
    """
    match = SIZE.fullmatch(text)
    if match is None:
        raise UserError(
            f"expected a size such as 512, or 768x320 (width x height), got {text!r:.40}"
        )
    width, height = match.groups()
    return size_of(int(width), int(height or width))


def to_json(size: Size) -> int | str:
    """A size as files keep it."""
    return size if isinstance(size, int) else told(size)


def from_json(value: Any) -> Size:
    """A size from a file: a number above 0, or a text such as `384x256`.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST:
        return value
    if isinstance(value, str):
        try:
            size = parsed(value)
        except UserError as error:
            raise ValueError(str(error)) from None
        if told(size) == value and not isinstance(size, int):  # One way to write each.
            return size
    raise ValueError(
        f"expected a size to be a number above 0 or a text such as 384x256, got {value!r:.60}"
    )
