"""The drawings by hand that models are judged by: flowers, and doodles of all kinds of things."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.doodles import draw as doodles
from tests.drawings import draw as flowers


@pytest.fixture(scope="module", params=[flowers, doodles], ids=["flowers", "doodles"])
def folder(request) -> Path:
    return Path(request.param.__file__).parent


@pytest.fixture(scope="module")
def drawn(folder):
    return dict((doodles if folder.name == "doodles" else flowers).drawings())


def test_there_are_drawings_of_many_kinds(folder, drawn):
    assert len(drawn) >= 36
    assert {path.stem for path in folder.glob("*.png")} == set(drawn)
    assert sum("outline" in name for name in drawn) >= 6


def test_the_pictures_are_those_that_the_program_draws(folder, drawn, tmp_path):
    for name, hand in drawn.items():
        hand.save(tmp_path / "again.png")
        with (
            Image.open(tmp_path / "again.png") as again,
            Image.open(folder / f"{name}.png") as kept,
        ):
            np.testing.assert_array_equal(np.asarray(again), np.asarray(kept), err_msg=name)


def test_a_drawing_is_a_few_flat_colours_on_an_empty_canvas(folder, drawn):
    for name in drawn:
        with Image.open(folder / f"{name}.png") as picture:
            assert picture.size == (256, 256)
            pixels = np.asarray(picture).reshape(-1, 3)
        empty = (pixels == 0).all(axis=1).mean()
        assert 0.35 < empty < 0.97, f"{name}: {empty:.0%} of the canvas is empty"
        _, counts = np.unique(pixels, axis=0, return_counts=True)
        flat = np.sort(counts)[::-1][:6].sum() / len(pixels)
        assert flat > 0.85, f"{name}: its six commonest colours are {flat:.0%} of it"
