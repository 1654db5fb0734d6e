"""A look: bytes beside a drawing that say how its picture is to look; 128 is the mean answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo.errors import UserError
from demo.latents import MAX_SEED, noise

MEAN = 128
SPREAD = 51  # Standard deviation of random bytes: as far apart as the photos learned from.
MOST = 64  # Bytes; what ships has eight.

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Looks:
    """What a card tells of its model's looks: names of the bytes, and looks with a name."""

    names: tuple[str, ...]
    palette: Mapping[str, bytes]

    def read(self, text: str) -> bytes:
        """Read a look: a name in the palette, or its bytes `12,200,...`, or a seed; or the mean.

        Raises `UserError` for anything else.
        """
        if not text:
            return bytes([MEAN] * len(self.names))
        if text in self.palette:
            return self.palette[text]
        if re.fullmatch(r"[0-9]{1,10}(,[0-9]{1,3})*", text):
            numbers = [int(part) for part in text.split(",")]
            if len(numbers) == len(self.names) and max(numbers) < 256:
                return bytes(numbers)
            if len(numbers) == 1 and numbers[0] <= MAX_SEED:
                return random_look(numbers[0], len(self.names))
        raise UserError(
            f"expected a look: {', '.join(self.palette)}; or {len(self.names)} numbers of 0 to 255 "
            f"with commas between them; or a seed from 0 to {MAX_SEED}; got {text:.80}"
        )


def random_look(seed: int, length: int) -> bytes:
    """Return the look of a seed, the same as in the page (`pad/look.js`): `length` bytes."""
    values = np.floor(MEAN + SPREAD * noise(seed, length).astype(np.float64) + 0.5)
    return np.clip(values, 0, 255).astype(np.uint8).tobytes()


def looks_of(card: dict[str, Any]) -> Looks | None:
    """Read what a card tells of looks; None where its model takes none.

    Raises `UserError`, or as a lookup does, where it contradicts itself.
    """
    if "look" not in card:
        return None
    told = card["look"]
    names = tuple(_name(name) for name in told["names"])
    if not 0 < len(names) <= MOST or len(set(names)) < len(names):
        raise UserError(f"card.json: expected 1 to {MOST} names of bytes that all differ")
    palette = {_name(each["name"]): bytes(each["look"]) for each in told["palette"]}
    if len(palette) > MOST or any(len(look) != len(names) for look in palette.values()):
        raise UserError(f"card.json: expected at most {MOST} looks of {len(names)} bytes")
    return Looks(names, palette)


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise UserError(f"card.json: expected a name of a-z, 0-9 and _, got {value!r}")
    return value
