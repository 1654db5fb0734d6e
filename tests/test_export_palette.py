"""The pens that a bundle brings: those of what its model has learned."""

import numpy as np
import pytest

from demo.texts import TEXTS
from export.palette import ANYTHING, NAMES, PENS, canvas_of
from training.prepare.sketches.colours import ALL_PENS

SIZE = 64


def sheet(
    *colours: tuple[int, int, int], background: tuple[int, int, int] = (0, 0, 0)
) -> np.ndarray:
    """Bars of these colours beside one another, each a little narrower than the one before."""
    sketch = np.full((SIZE, SIZE, 3), background, np.uint8)
    left = 4
    for place, colour in enumerate(colours):
        width = 16 - 4 * place
        sketch[8:-8, left : left + width] = colour
        left += width
    return sketch[None].repeat(3, axis=0)


def test_every_pen_has_a_name_and_each_language_a_word_for_it():
    assert len(NAMES) == len(ALL_PENS) == len(set(NAMES))
    assert all(set(NAMES) <= words.keys() for words in TEXTS.values())


def test_the_pens_are_the_colours_of_the_sketches_the_most_used_first():
    canvas = canvas_of(sheet((50, 62, 205), (188, 190, 192), (232, 44, 28)), plants=False)
    assert [pen["name"] for pen in canvas["palette"]] == ["blue", "light grey", "red", "background"]
    assert canvas["palette"][0]["color"] == "#323ecd"
    assert canvas["background"] == canvas["palette"][-1]["color"] == "#000000"


def test_colours_that_look_alike_are_one_pen_and_rare_ones_none():
    sketches = sheet((0, 140, 60), (46, 125, 50))
    sketches = sketches.repeat(10, axis=0)
    sketches[0, 0, 20] = (30, 170, 170)
    names = [pen["name"] for pen in canvas_of(sketches, plants=False)["palette"]]
    assert len(names) == 2 and names[1] == "background"


@pytest.mark.parametrize("paper", [0, 255])
def test_drawings_in_more_colours_than_there_are_keys_have_a_box_of_pens(paper):
    """Of the nine most used ones of 1,200 things none was white, brown, pink or green."""
    sketches = np.full((len(ALL_PENS), SIZE, SIZE, 3), paper, np.uint8)
    sketches[:, 8:-8, 8:-8] = ALL_PENS[:, None, None]
    palette = {pen["name"]: pen["color"] for pen in canvas_of(sketches, plants=False)["palette"]}
    assert len(palette) == PENS + 1
    assert (palette.items() >= ANYTHING.items()) == (paper == 0)


def test_flowers_have_a_box_of_pens():
    palette = canvas_of(sheet((50, 60, 210)), plants=True)["palette"]
    assert palette[0] == {"name": "petal pink", "color": "#e0399a"}


def test_ink_on_white_paper_is_drawn_on_white():
    """As in edges2shoes, whose drawings are black on white."""
    canvas = canvas_of(sheet((20, 20, 20), background=(255, 255, 255)), plants=True)
    assert canvas["background"] == "#ffffff"
    assert [pen["color"] for pen in canvas["palette"]] == ["#141414", "#ffffff"]


@pytest.mark.parametrize(("background", "pen"), [(0, "#ffffff"), (255, "#000000"), (90, "#ffffff")])
def test_where_nothing_is_drawn_at_all_there_is_a_pen_that_is_seen(background, pen):
    """The first pen is the one that a visitor has in hand."""
    canvas = canvas_of(np.full((2, SIZE, SIZE, 3), background, np.uint8), plants=False)
    assert [each["color"] for each in canvas["palette"]] == [pen, canvas["background"]]


@pytest.mark.parametrize(("size", "brush"), [(256, 10), (128, 5), (8, 1)])
def test_the_brush_is_as_wide_on_every_size(size, brush):
    assert canvas_of(np.zeros((1, size, size, 3), np.uint8), plants=True)["brush"] == brush
