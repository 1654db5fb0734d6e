"""Bundles that somebody made to do harm, or that were damaged on the way."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from export.benchmark import benchmark
from export.complete import complete_bundle
from training.errors import UserError
from training.transfer.bundle import LARGEST_CARD, fingerprint, read_bundle
from training.transfer.teacher import load_teacher, weights_file

FILE = "generator.float16.tflite"


@pytest.fixture
def bundle(tmp_path) -> Path:
    """A bundle by its card; its model is no model, which nobody gets as far as to find out."""
    folder = tmp_path / "given" / "bundle"
    (folder / "check").mkdir(parents=True)
    (folder / FILE).write_bytes(b"weights")
    for name in ("drawing", "answer"):
        Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(folder / "check" / f"{name}.png")
    card = {
        "schema": 1,
        "name": "given",
        "task": "image-to-image",
        "size": 64,
        "training": {"recipe": "pix2pix", "options": {}},
        "check": {"drawing": "check/drawing.png", "answer": "check/answer.png"},
        "files": {"tflite-float16": {"path": FILE, **fingerprint(folder / FILE)}},
    }
    (folder / "card.json").write_text(json.dumps(card))
    (tmp_path / "secret").write_bytes(b"weights")
    return folder


def change(bundle: Path, **keys: Any) -> None:
    path = bundle / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))


def name_file(bundle: Path, told: object) -> None:
    change(bundle, files={"tflite-float16": {"path": told, **fingerprint(bundle / FILE)}})


def assert_everybody_refuses(bundle: Path, reason: str) -> None:
    """Whoever of training and export reads a bundle; and nothing is written anywhere."""
    place = bundle.parent.parent
    before = sorted(place.rglob("*"))
    for read in (
        lambda: complete_bundle(bundle, place / "out", ["tflite-float32"]),
        lambda: benchmark(bundle),
        lambda: load_teacher(bundle, 64),
        lambda: weights_file(bundle),
    ):
        with pytest.raises(UserError, match=reason) as refused:
            read()
        assert "\n" not in str(refused.value)
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize(
    "told", ["../../secret", "check/../../../secret", "", ".", "a\0b", "..\\secret", 7, None, ["a"]]
)
def test_a_path_that_leads_out_is_refused(bundle, told):
    name_file(bundle, told)
    assert_everybody_refuses(bundle, "expected a path in the bundle")


def test_an_absolute_path_is_refused(bundle):
    name_file(bundle, str(bundle.parent.parent / "secret"))
    assert_everybody_refuses(bundle, "expected a path in the bundle")


def test_a_link_that_leads_out_is_refused(bundle):
    (bundle / FILE).unlink()
    (bundle / FILE).symlink_to(bundle.parent.parent / "secret")
    assert_everybody_refuses(bundle, "a link that leads out")


def test_a_link_in_a_folder_that_leads_out_is_refused(bundle):
    (bundle / "tfjs").mkdir()
    (bundle / "tfjs" / "model.json").symlink_to(bundle.parent.parent / "secret")
    with pytest.raises(UserError, match="a link that leads out"):
        read_bundle(bundle).path("tfjs")


def test_a_link_within_the_bundle_is_fine(bundle):
    (bundle / "kept").write_bytes((bundle / FILE).read_bytes())
    (bundle / FILE).unlink()
    (bundle / FILE).symlink_to("kept")
    assert read_bundle(bundle).file("tflite-float16") == bundle / FILE


def test_a_file_with_a_flipped_bit_is_refused(bundle):
    (bundle / FILE).write_bytes(b"weighus")
    assert_everybody_refuses(bundle, "is not what the card describes")


def test_a_file_that_the_card_says_nothing_of_is_refused(bundle):
    change(bundle, files={"tflite-float16": {"path": FILE}})
    assert_everybody_refuses(bundle, "is not what the card describes")


def test_a_file_that_is_missing_is_told(bundle):
    (bundle / FILE).unlink()
    assert_everybody_refuses(bundle, "is missing")


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "3", "null", "[" * 100_000, '{"schema": 2}', '{"schema": 1}', "\ud800"],
)
def test_a_card_of_nonsense_is_refused(bundle, text):
    (bundle / "card.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert_everybody_refuses(bundle, "cannot be read|of schema 1|is incomplete")


@pytest.mark.parametrize(
    "wrong",
    [{"size": "big"}, {"size": 10**9}, {"size": -1}, {"files": []}, {"files": {"tfjs": 1}}]
    + [{"training": "x"}, {"task": None}],
)
def test_a_card_of_wrong_kinds_is_refused(bundle, wrong):
    change(bundle, **wrong)
    assert_everybody_refuses(bundle, "is incomplete")


def test_a_card_larger_than_any_is_not_read(bundle):
    change(bundle, name="x" * LARGEST_CARD)
    assert_everybody_refuses(bundle, "larger than any card")


@pytest.mark.parametrize("known", [{"answer": "../../../secret"}, {"answer": FILE}, {}, "x"])
def test_a_known_answer_from_elsewhere_is_refused(bundle, known):
    change(bundle, check=known)
    with pytest.raises(UserError, match="expected"):
        complete_bundle(bundle, bundle.parent.parent / "out", ["tflite-float32"])
    assert not (bundle.parent.parent / "out").exists()


def test_a_bundle_that_is_as_its_card_says_is_read(bundle, tmp_path):
    opened = read_bundle(bundle)
    assert (opened.size, opened.files) == (64, ["tflite-float16"])
    assert weights_file(bundle) == opened.file("tflite-float16") == bundle / FILE
    moved = shutil.copytree(bundle, tmp_path / "moved")
    assert weights_file(moved) == moved / FILE
