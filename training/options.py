"""Options with ranges: declared in an option's type, and checked before any work is done."""

import dataclasses
import math
import typing
from pathlib import Path
from typing import Annotated, Any, Self

import tyro

from training.errors import UserError
from training.size import Size, parsed, told


@dataclasses.dataclass(frozen=True)
class Within:
    """The numbers from `least` to `most`; an `open` end is itself left out."""

    least: float
    most: float = math.inf
    open: bool = False

    def __contains__(self, value: float) -> bool:
        if not math.isfinite(value):
            return False
        return self.least < value < self.most if self.open else self.least <= value <= self.most

    def __str__(self) -> str:
        if self.open:
            return f"more than {self.least:g}" + (
                f", less than {self.most:g}" if self._ends else ""
            )
        return f"{self.least:g} to {self.most:g}" if self._ends else f"{self.least:g} or more"

    @property
    def _ends(self) -> bool:
        return self.most < math.inf


class Auto(int):
    """A number to begin with, where the device is to say how much more it likes."""

    def __str__(self) -> str:
        return f"auto, from {int(self)} on"


# On a command line: a number, or auto, which begins with that of the preset.
NUMBER_OR_AUTO = tyro.constructors.PrimitiveConstructorSpec(
    nargs=1,
    metavar="INT|auto",
    instance_from_str=lambda given: Auto() if given[0] == "auto" else int(given[0]),
    is_instance=lambda value: isinstance(value, int),
    str_from_instance=lambda number: [f"{int(number)}"],
)

Count = Annotated[int, Within(1, 1_000_000_000)]
Width = Annotated[int, Within(1, 4_096)]
Batch = Annotated[int, Within(1, 65_536), NUMBER_OR_AUTO]
Weight = Annotated[float, Within(0)]
Rate = Annotated[float, Within(0, open=True)]
Share = Annotated[float, Within(0, 1)]
Enlargement = Annotated[float, Within(-0.5, 1)]
Decay = Annotated[float, Within(0, 1 - 1e-9)]  # Of 1 an average would never move.

# What a run did that began before there was such an option, where that is not its default.
AS_BEFORE: dict[str, Any] = {"direction": "ab", "grain": 0}
# What is no option any more, and never changed what a network looks like.
GONE = frozenset({"gain", "quantized"})

NONE = Path("none")  # In place of a file or a folder: none is wanted.

# Pixels of a picture, on a command line: 256, or 384x256 (width x height).
PictureSize = Annotated[
    Size,
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="PX|WxH",
        instance_from_str=lambda given: parsed(given[0]),
        is_instance=lambda value: isinstance(value, int | tuple),
        str_from_instance=lambda size: [told(size)],
    ),
]


class Options:
    """What a recipe's dataclass is: fields with ranges, and a check of them all."""

    def completed(self, begun: dict[str, Any] | None) -> Self:
        """Return these options with what they need from the network, which is fetched.

        `begun` has the options with which a run began that is gone on with: what that does without,
        it goes on without. Nothing is needed, as a rule.
        """
        return self

    def check(self) -> None:
        """Raise `UserError`, in the option's own words, for a value that makes no sense."""
        hints = typing.get_type_hints(type(self), include_extras=True)
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}  # type: ignore[arg-type]
        for name, value in values.items():
            if not _fits(hints[name], value):
                raise UserError(f"{flag(name)} {value}: expected {_expected(hints[name])}")
        for name, least in values.items():
            other = name.removesuffix("_min") + "_max"
            if name.endswith("_min") and least > values[other]:
                raise UserError(
                    f"{flag(name)} {least}: expected {flag(other)}, {values[other]}, or less"
                )


def flag(name: str) -> str:
    """How an option is written on the command line."""
    return f"--{name.replace('_', '-')}"


def _fits(hint: Any, value: Any) -> bool:
    """Tell whether a value is of an option's type, and in its range.

    Not only tyro makes them: a run's configuration and a bundle's card may say anything.
    """
    kind, bounds = _taken_apart(hint)
    if typing.get_origin(kind) is typing.Literal:
        return value in typing.get_args(kind)
    if typing.get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if kind is int or kind is float:
        number = isinstance(value, int) or (kind is float and isinstance(value, float))
        return number and (bounds is None or value in bounds)
    if Path in typing.get_args(kind):
        # A configuration knows a file by its name and its contents.
        return value is None or isinstance(value, (Path, str, dict))
    raise TypeError(f"no check for options of type {hint}")


def _expected(hint: Any) -> str:
    kind, bounds = _taken_apart(hint)
    if typing.get_origin(kind) is typing.Literal:
        return " or ".join(map(str, typing.get_args(kind)))
    if bounds is None:
        return getattr(kind, "__name__", str(kind))
    return f"{'a whole number, ' if kind is int else ''}{bounds}"


def _taken_apart(hint: Any) -> tuple[Any, Within | None]:
    if typing.get_origin(hint) is Annotated:
        kind, *about = typing.get_args(hint)
        return kind, next((each for each in about if isinstance(each, Within)), None)
    return hint, None
