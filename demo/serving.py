"""Hold a server's bundles, load their models when needed, and time each generated picture."""

import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from demo.bundles import load_generator, load_sampler
from demo.canvas import pixels
from demo.cards import LatentCard, SketchCard, load_card, read_model
from demo.errors import UserError
from demo.sizes import sides_of, size_of

AnyCard = TypeVar("AnyCard", SketchCard, LatentCard)


class Models:
    """Bundles by name, all checked, their models loaded when they are first asked for.

    `cards` has all in the order in which they were given, `sketches` those that take drawings,
    `latents` those that take noise.
    """

    def __init__(self, bundles: Sequence[str | Path], at_once: int = 1) -> None:
        """Check every file and load each bundle's preferred one. Raises `UserError`.

        Up to `at_once` pictures are made at the same time, each by a core of its own.
        """
        self.at_once = at_once
        self.cards: dict[str, SketchCard | LatentCard] = {}
        self.sketches: dict[str, SketchCard] = {}
        self.latents: dict[str, LatentCard] = {}
        self._generator = cache(
            lambda name, size, file: load_generator(self.cards[name].folder, file, at_once, size)
        )
        self._sampler = cache(
            lambda name, file: load_sampler(self.cards[name].folder, file, at_once)
        )
        for folder in bundles:
            card = load_card(folder)
            if card.name in self.cards:
                raise UserError(
                    f"{self.cards[card.name].folder} and {card.folder} are both named {card.name}"
                )
            self.cards[card.name] = card
            for file in (file for each in card.of_each_size for file in each.files.values()):
                read_model(file)
            # The first call of an interpreter is its slowest: nobody has to wait for it here.
            preferred = next(iter(card.files))
            if isinstance(card, SketchCard):
                self.sketches[card.name] = card
                blank = np.zeros((*sides_of(card.size), 3), np.uint8)
                self._generator(card.name, card.size, preferred)(blank)
            else:
                self.latents[card.name] = card
                self._sampler(card.name, preferred)(np.zeros(card.latent, np.float32))
        if not self.cards:
            raise UserError("expected at least one bundle")

    def run(
        self, image: Image.Image | None, name: str, file: str, looks: Sequence[str] = ("",)
    ) -> tuple[list[np.ndarray], float]:
        """Return a drawing's pictures, uint8 `[H, W, 3]`, and the model's milliseconds.

        There is one for each of the `looks` (see `Looks.read`), or none where nothing is drawn.
        They are as large as the drawing where the bundle has that size, and the card's size where
        it does not. Raises `UserError`.
        """
        card = _known(self.sketches, name)
        if image is not None:
            card = _of_size(card, image.size, file)
        generator = self._generator(name, card.size, file)
        codes = [_read_look(card, look) for look in looks]
        sketch = pixels(image, card.size, card.background)
        if sketch is None:
            return [], 0.0
        start = time.perf_counter()
        return [generator(sketch, code) for code in codes], 1000 * (time.perf_counter() - start)

    @property
    def loaded(self) -> int:
        """How many model files are loaded."""
        return self._generator.cache_info().currsize + self._sampler.cache_info().currsize

    def latent(self, name: str) -> LatentCard:
        """Return the card of a model that takes noise. Raises `UserError` where there is none."""
        return _known(self.latents, name)

    def sample(
        self, noise: np.ndarray, label: int, name: str, file: str
    ) -> tuple[np.ndarray, float]:
        """Return the picture of some noise, uint8 `[H, W, 3]`, and the model's milliseconds.

        `noise` is float32 `[latent]`, `label` a label's number, 0 where the model has none. Raises
        `UserError`.
        """
        card = self.latent(name)
        if label not in range(max(1, len(card.labels))):  # None, too: nothing was chosen.
            raise UserError(f"expected a label below {max(1, len(card.labels))}, got {label}")
        sampler = self._sampler(card.name, file)
        start = time.perf_counter()
        return sampler(noise, label), 1000 * (time.perf_counter() - start)


def _of_size(card: SketchCard, pixels: tuple[int, int], file: str) -> SketchCard:
    """Return the card of a drawing's width and height, if there is one, and it has the file."""
    size = size_of(*pixels)
    fitting = (each for each in card.of_each_size if each.size == size and file in each.files)
    return next(fitting, card)


def _read_look(card: SketchCard, text: str) -> bytes:
    if card.looks:
        return card.looks.read(text)
    if text:
        raise UserError(f"expected no look: {card.name} has one answer to a drawing")
    return b""


def _known(cards: Mapping[str, AnyCard], name: str) -> AnyCard:
    if name not in list(cards):  # A client may send a list as a name, which no dict looks up.
        raise UserError(f"expected a model of {', '.join(cards)}, got {name}")
    return cards[name]
