"""The drawings by hand that models are judged by: flowers, doodles of all kinds, and bouquets."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from tests.bouquets import draw as bouquets
from tests.doodles import draw as doodles
from tests.drawings import draw as flowers

LEAST = {flowers: 36, doodles: 36, bouquets: 18}


@pytest.fixture(scope="module", params=LEAST, ids=["flowers", "doodles", "bouquets"])
def module(request) -> ModuleType:
    return request.param


@pytest.fixture(scope="module")
def folder(module) -> Path:
    return Path(module.__file__).parent


@pytest.fixture(scope="module")
def drawn(module):
    return dict(module.drawings())


def test_there_are_drawings_of_many_kinds(module, folder, drawn):
    assert len(drawn) >= LEAST[module]
    files = folder.rglob("*.png")
    assert {path.relative_to(folder).with_suffix("").as_posix() for path in files} == set(drawn)
    assert sum("outline" in name for name in drawn) >= len(drawn) // 9


def test_the_pictures_are_those_that_the_program_draws(folder, drawn, tmp_path):
    for name, hand in drawn.items():
        hand.save(tmp_path / "again.png")
        with (
            Image.open(tmp_path / "again.png") as again,
            Image.open(folder / f"{name}.png") as kept,
        ):
            np.testing.assert_array_equal(np.asarray(again), np.asarray(kept), err_msg=name)


def test_a_drawing_is_a_few_flat_colours_on_an_empty_canvas(folder, drawn):
    for name, hand in drawn.items():
        with Image.open(folder / f"{name}.png") as picture:
            assert picture.size == hand.canvas
            pixels = np.asarray(picture).reshape(-1, 3)
        empty = (pixels == 0).all(axis=1).mean()
        assert 0.35 < empty < 0.97, f"{name}: {empty:.0%} of the canvas is empty"
        _, counts = np.unique(pixels, axis=0, return_counts=True)
        flat = np.sort(counts)[::-1][:6].sum() / len(pixels)
        assert flat > 0.85, f"{name}: its six commonest colours are {flat:.0%} of it"
