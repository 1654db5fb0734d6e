"""Draw the bouquets again: `python -m tests.bouquets.draw` writes the PNG files beside this one.

Where a canvas is larger than those that a model has learned from, people draw more, or larger:
several flowers beside each other, small and large ones, and one that fills everything. In `square`
they are on canvases of 512 px, in `wide` on those of 768 x 320, by the hand of `tests.drawings`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.drawings.draw import (
    BLUE,
    BROWN,
    CREAM,
    DAISY,
    DARK,
    FIVE,
    GOLD,
    GREEN,
    LIME,
    MANY,
    ORANGE,
    PINK,
    PLUM,
    RED,
    ROSE,
    VIOLET,
    WHITE,
    YELLOW,
    Flower,
    Hand,
)

SQUARE, WIDE = (512, 512), (768, 320)  # Width and height.

Drawer = Callable[[Hand], None]


def together(*flowers: Flower) -> Drawer:
    """Draw flowers one after the other, those in front last."""

    def draw(hand: Hand) -> None:
        for flower in flowers:
            flower.draw(hand)

    return draw


def larger(flower: Flower, scale: float, at: tuple[float, float]) -> Flower:
    """A flower so many times as large, at another place; the pen stays."""
    return replace(
        flower,
        length=scale * flower.length,
        width=scale * flower.width,
        heart=scale * flower.heart,
        at=at,
    )


def row(flower: Flower, colors: tuple[str, ...], apart: float, scale: float = 1.0) -> Drawer:
    """Flowers side by side, each in its colour."""
    return together(
        *(
            larger(
                replace(flower, petal=color), scale, (apart * (place + 0.5), 150 + 24 * place % 3)
            )
            for place, color in enumerate(colors)
        )
    )


HEAD = replace(DAISY, stem="", leaves=0)
SUN = replace(MANY, stem=GREEN, length=80, heart=34)
POPPY = Flower(RED, 4, 88, 104, 0.8, centre=DARK, heart=20)
COSMOS = Flower(PINK, 8, 80, 50, 0.8, heart=14)
LILY = Flower(ORANGE, 6, 96, 38, 0.4, True, centre=BROWN, heart=10)

BOUQUETS: dict[str, tuple[tuple[int, int], Drawer]] = {
    "four": (
        SQUARE,
        together(
            larger(HEAD, 1, (130, 128)),
            larger(POPPY, 1, (386, 140)),
            larger(COSMOS, 1, (128, 384)),
            larger(replace(SUN, stem=""), 1, (390, 380)),
        ),
    ),
    "three-stems": (
        SQUARE,
        together(
            replace(SUN, at=(150, 170), leaves=2),
            replace(FIVE, at=(370, 140), stem=GREEN),
            replace(DAISY, at=(270, 320)),
        ),
    ),
    "small-ones": (
        SQUARE,
        together(
            *(
                larger(replace(FIVE, petal=color), 0.6, (90 + 165 * (n % 3), 100 + 155 * (n // 3)))
                for n, color in enumerate(
                    (RED, YELLOW, VIOLET, WHITE, PINK, ORANGE, BLUE, ROSE, GOLD)
                )
            )
        ),
    ),
    "large-daisy": (SQUARE, larger(HEAD, 2, (256, 256)).draw),
    "large-five": (SQUARE, larger(FIVE, 2, (256, 256)).draw),
    "large-poppy": (SQUARE, larger(POPPY, 1.9, (256, 256)).draw),
    "large-sunflower": (SQUARE, larger(replace(MANY, second=GOLD), 2, (256, 256)).draw),
    "large-outline": (SQUARE, larger(replace(FIVE, way="outline", pen=10), 2, (250, 250)).draw),
    "large-and-small": (
        SQUARE,
        together(
            larger(LILY, 1.9, (200, 210)),
            larger(replace(COSMOS, petal=VIOLET), 0.8, (420, 400)),
            larger(replace(COSMOS, petal=WHITE), 0.7, (290, 440)),
        ),
    ),
    "bunch-inked": (
        SQUARE,
        together(
            replace(FIVE, way="inked", petal=ROSE, ink=PLUM, at=(150, 160)),
            replace(FIVE, way="inked", petal=CREAM, ink=BROWN, at=(350, 180)),
            replace(FIVE, way="inked", petal=RED, ink=DARK, at=(250, 360)),
        ),
    ),
    "bunch-scribbled": (
        SQUARE,
        together(
            replace(FIVE, way="scribbled", petal=BLUE, pen=9, at=(160, 160), stem=LIME),
            replace(FIVE, way="scribbled", petal=RED, pen=9, at=(360, 240), stem=GREEN),
        ),
    ),
    "one-small": (SQUARE, larger(DAISY, 0.9, (256, 300)).draw),
    "wide-row": (WIDE, row(FIVE, (RED, YELLOW, VIOLET, WHITE), 192)),
    "wide-daisies": (WIDE, row(HEAD, (WHITE, ROSE, WHITE, YELLOW), 192)),
    "wide-suns": (WIDE, row(replace(SUN, stem=""), (YELLOW, ORANGE, GOLD), 256)),
    "wide-many": (WIDE, row(COSMOS, (PINK, VIOLET, WHITE, RED, BLUE, YELLOW), 128, 0.75)),
    "wide-outlines": (WIDE, row(replace(FIVE, way="outline", pen=8), (RED, PINK, ORANGE), 256)),
    "wide-one": (WIDE, larger(POPPY, 1.3, (230, 165)).draw),
}


def drawings() -> Iterator[tuple[str, Hand]]:
    """Every bouquet by its place below this folder, the canvas as its hand left it."""
    for number, (name, (canvas, draw)) in enumerate(BOUQUETS.items()):
        hand = Hand(number, 0.6 + number % 3 * 0.6, canvas)
        draw(hand)
        yield f"{'square' if canvas == SQUARE else 'wide'}/{name}", hand


if __name__ == "__main__":
    for name, hand in drawings():
        file = Path(__file__).parent / f"{name}.png"
        file.parent.mkdir(exist_ok=True)
        hand.save(file)
