"""Every bundle that ships: its size, its files, and its answer to the known input of its card."""

import json

import numpy as np
import pytest
from PIL import Image

from demo.bundles import load_generator, load_sampler, shipped
from demo.cards import SketchCard, load_card
from demo.tabs import SIBLINGS
from export.parity import compare
from training.recipes import RECIPES

every_bundle = pytest.mark.parametrize("bundle", shipped(), ids=lambda folder: folder.name)


def test_the_family_is_small():
    siblings = [folder for folder in shipped() if folder.name in SIBLINGS]
    files = [path for folder in siblings for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 10_000_000


def test_every_recipe_ships():
    cards = [json.loads((folder / "card.json").read_text()) for folder in shipped()]
    assert {card["training"]["recipe"] for card in cards} == set(RECIPES)


@every_bundle
def test_each_file_answers_the_known_question(bundle):
    card = load_card(bundle)
    check = json.loads((bundle / "card.json").read_text())["check"]
    with Image.open(bundle / check["answer"]) as picture:
        answer = np.asarray(picture.convert("RGB"))
    for file in card.files:
        if isinstance(card, SketchCard):
            with Image.open(bundle / check["drawing"]) as drawing:
                pixels = np.asarray(drawing.convert("RGB"))
            look = bytes(check["look"]) if card.looks else None
            drawn = load_generator(bundle, file)(pixels, look)
        else:
            noise = np.array(check["noise"], np.float32)
            drawn = load_sampler(bundle, file)(noise, check.get("label", 0))
        assert compare(drawn[None], answer[None].astype(np.float32)).psnr >= check["psnr"], file
