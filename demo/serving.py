"""The bundles that a server has at hand, and what it costs to ask one for a picture."""

import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from demo.bundles import Card, load_card, load_generator, read_model
from demo.canvas import pixels
from demo.errors import UserError


class Models:
    """Bundles by name, all checked, their generators loaded when they are first asked for."""

    def __init__(self, bundles: Sequence[str | Path], threads: int = 2) -> None:
        """Check every file and load each bundle's preferred one. Raises `UserError`."""
        self.cards: dict[str, Card] = {}
        for folder in bundles:
            card = load_card(folder)
            if card.name in self.cards:
                raise UserError(
                    f"{self.cards[card.name].folder} and {card.folder} are both named {card.name}"
                )
            self.cards[card.name] = card
            for file in card.files.values():
                read_model(file)
        if not self.cards:
            raise UserError("expected at least one bundle")
        self._load = cache(
            lambda name, file: load_generator(self.cards[name].folder, file, threads)
        )
        for card in self.cards.values():
            # The first call of an interpreter is its slowest: nobody has to wait for it here.
            blank = np.zeros((card.size, card.size, 3), np.uint8)
            self._load(card.name, next(iter(card.files)))(blank)

    def card(self, name: str) -> Card:
        """Return a bundle's card. Raises `UserError` where there is no such bundle."""
        if name not in self.cards:
            raise UserError(f"expected a model of {', '.join(self.cards)}, got {name}")
        return self.cards[name]

    def offered(self, name: str, file: str) -> str:
        """Return `file` where the bundle has it, its preferred one otherwise."""
        files = self.card(name).files
        return file if file in files else next(iter(files))

    def run(
        self, image: Image.Image | None, name: str, file: str
    ) -> tuple[np.ndarray | None, float]:
        """Return the picture, uint8 `[size, size, 3]`, and the milliseconds that the model took.

        The picture is None where nothing is drawn. Raises `UserError`.
        """
        card = self.card(name)
        generator = self._load(name, file)
        sketch = pixels(image, card.size, card.background)
        if sketch is None:
            return None, 0.0
        start = time.perf_counter()
        return generator(sketch), 1000 * (time.perf_counter() - start)
