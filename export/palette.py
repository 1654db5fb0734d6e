"""The pens and the canvas that suit what a model has learned: the colours of its own drawings."""

from typing import Any

import numpy as np

from training.canvas import DRAWN
from training.prepare.sketches.colours import ALL_PENS, to_lab

PENS = 9  # Besides the background, as many keys as there are to choose them by.
APART = 27.0  # Of two pens in Lab: nearer ones are one colour to whoever looks at a button.
LEAST = 0.004  # Share of what is drawn that a colour has: less is JPEG's, or one drawing's whim.
STEP = 4  # Every fourth pixel of each row, and every fourth row, is enough.

# What each of `ALL_PENS` is called; the page has these words in its languages.
NAMES = (
    *("white", "light yellow", "yellow", "orange", "red", "crimson", "dark red", "light pink"),
    *("pink", "magenta", "light violet", "violet", "dark violet", "blue", "light blue", "lavender"),
    *("brown", "dark brown", "lime", "green", "dark green", "grass green", "light green"),
    *("emerald", "light grey", "grey", "dark grey", "near black", "cream", "sand", "light brown"),
    *("peach", "turquoise", "light turquoise", "dark blue", "grey blue", "olive", "salmon"),
    "teal",
)

# Flowers as people draw them.
FLOWERS = {
    "petal pink": "#e0399a",
    "petal white": "#f4f1ea",
    "petal yellow": "#f7d21e",
    "petal red": "#d7263d",
    "petal violet": "#7d4fc4",
    "centre yellow": "#f2b705",
    "centre brown": "#6b3e1f",
    "leaf green": "#2e7d32",
    "background black": "#000000",
}

# For drawings of anything, in more colours than there are keys.
ANYTHING = {
    "red": "#d7263d",
    "orange": "#ff8f00",
    "yellow": "#f7d21e",
    "green": "#2e7d32",
    "blue": "#3a5bd8",
    "pink": "#f48fb1",
    "brown": "#78461e",
    "white": "#f4f1ea",
    "grey": "#9e9e9e",
}


def canvas_of(sketches: np.ndarray, plants: bool) -> dict[str, Any]:
    """Return a card's canvas for a model of such sketches: background, palette and brush.

    Args:
        sketches: uint8 [N, H, W, 3]; their corners are the background.
        plants: whether they are of plants, for which there is a box of pens.
    """
    size = min(sketches.shape[1:3])
    corners = sketches[:, [0, 0, -1, -1], [0, -1, 0, -1]].reshape(-1, 3)
    background = np.median(corners, axis=0)
    dark = background.max() <= DRAWN
    background = np.zeros(3) if dark else background
    palette = FLOWERS if plants and dark else _palette(sketches, background, dark)
    return {
        "background": _hex(background),
        "palette": [{"name": name, "color": color} for name, color in palette.items()],
        "brush": max(1, round(10 * size / 256)),
    }


def _palette(sketches: np.ndarray, background: np.ndarray, dark: bool) -> dict[str, str]:
    """Names and colours, the most used first, the background last; of many colours, a box."""
    pixels = sketches[:, ::STEP, ::STEP].reshape(-1, 3)
    drawn = pixels[np.abs(pixels - background).max(axis=1) > DRAWN]
    if not len(drawn):  # Then whatever is seen on it.
        seen = {"white": "#ffffff"} if background.mean() < 128 else {"black": "#000000"}
        return seen | {"background": _hex(background)}
    pens = to_lab(ALL_PENS)
    kinds = np.concatenate(
        [
            np.linalg.norm(to_lab(part)[:, None] - pens[None], axis=2).argmin(axis=1)
            for part in np.array_split(drawn, len(drawn) // 20_000 + 1)
        ]
    )
    counts = np.bincount(kinds, minlength=len(pens))
    alike = np.linalg.norm(pens[:, None] - pens[None], axis=2) < APART
    found: dict[str, str] = {}
    while True:
        around = alike @ counts  # What a pen would stand for.
        pen = int(around.argmax())
        if around[pen] <= LEAST * len(drawn):
            break
        if len(found) == PENS:
            found = ANYTHING if dark else found
            break
        members = drawn[np.isin(kinds, np.flatnonzero(alike[pen] & (counts > 0)))]
        colour = np.median(members, axis=0)
        nearest = np.linalg.norm(to_lab(colour[None].astype(np.uint8)) - pens, axis=1).argsort()
        name = next(NAMES[each] for each in nearest if NAMES[each] not in found)
        found[name] = _hex(colour)
        counts[alike[pen]] = 0
    return found | {"background": _hex(background)}


def _hex(colour: np.ndarray) -> str:
    return "#" + "".join(f"{round(float(value)):02x}" for value in colour)
