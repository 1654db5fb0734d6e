from pathlib import Path

import pytest

from demo.cards import LatentCard, SketchCard, load_card
from demo.errors import UserError
from tests.demo_bundle import (
    DIGITS,
    LATENT,
    LATENT_SIZE,
    SIZE,
    change_card,
    change_file,
    write_bundle,
    write_latent_bundle,
)

pytestmark = pytest.mark.slow  # The first of them waits for TensorFlow, to make the bundle.

NOISE = {"name": "noise", "shape": [1, LATENT], "dtype": "float32", "distribution": "normal"}
LABEL = {"name": "label", "shape": [1], "dtype": "int32", "range": [0, 9]}
SHAPE = [1, LATENT_SIZE, LATENT_SIZE, 3]
PHOTO = {"name": "photo", "shape": SHAPE, "dtype": "float32", "range": [0, 255]}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    return write_latent_bundle(tmp_path / "digits", "digits", DIGITS)


def test_a_card_tells_the_canvas_and_the_files(bundle):
    card = load_card(bundle)
    assert isinstance(card, SketchCard)
    assert (card.name, card.size, card.background, card.brush) == ("flowers", SIZE, "#000000", 4)
    assert card.palette[0] == ("petal pink", "#e0399a")
    assert list(card.files) == ["tflite-int8", "tflite-float16"]
    assert card.doodles


@pytest.mark.parametrize("data", [{"sketch": "given"}, {}])
def test_a_card_tells_that_no_doodles_were_learned(bundle, data):
    change_card(bundle, data=data)
    card = load_card(bundle)
    assert isinstance(card, SketchCard) and not card.doodles


def test_a_missing_file_is_named(bundle):
    (bundle / "generator.int8.tflite").unlink()
    with pytest.raises(UserError, match=r"generator\.int8\.tflite is missing"):
        load_card(bundle)


def test_a_file_of_another_length_is_refused(bundle):
    with (bundle / "generator.int8.tflite").open("ab") as file:
        file.write(b"!")
    with pytest.raises(UserError, match=r"was altered: expected \d+ bytes"):
        load_card(bundle)


def test_a_file_outside_of_the_bundle_is_refused(bundle):
    (bundle.parent / "other.tflite").write_bytes(b"other")
    change_file(bundle, "tflite-int8", path="../other.tflite")
    with pytest.raises(UserError, match="outside of it"):
        load_card(bundle)


def test_a_link_out_of_the_bundle_is_refused(bundle):
    path = bundle / "generator.int8.tflite"
    path.rename(bundle.parent / "other.tflite")
    path.symlink_to(bundle.parent / "other.tflite")
    with pytest.raises(UserError, match="outside of it"):
        load_card(bundle)


def test_a_folder_without_a_card_is_refused(tmp_path):
    with pytest.raises(UserError, match="is not a bundle"):
        load_card(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 2}, "expected schema 1"),
        ({"task": "text-to-image"}, "expected the task image-to-image, label-to-image or noise-to"),
        ({"name": "../flowers"}, "expected a name"),
        ({"size": "64"}, "expected a size from"),
        ({"task": None}, "got None"),
        ({"size": True}, "expected a size from"),
        ({"size": 10**6}, "expected a size from"),
        ({"canvas": {}}, "is incomplete"),
        ({"canvas": {"background": "black", "palette": [], "brush": 4}}, "a colour #rrggbb"),
        ({"canvas": {"background": "#000000", "palette": [3], "brush": 4}}, "is incomplete"),
        ({"files": {}}, "has no TFLite file"),
        ({"files": {"tflite-int8": {"path": "card.json"}}}, "is incomplete"),
    ],
)
def test_a_card_with_a_mistake_is_refused(bundle, changes, message):
    change_card(bundle, **changes)
    with pytest.raises(UserError, match=message):
        load_card(bundle)


@pytest.mark.parametrize(
    ("card", "message"), [(b"{", "is not JSON"), (b"[]", "schema"), (b"\xff", "is not JSON")]
)
def test_a_card_that_is_no_card_is_refused(tmp_path, card, message):
    (tmp_path / "card.json").write_bytes(card)
    with pytest.raises(UserError, match=message):
        load_card(tmp_path)


def test_a_card_tells_the_noise_and_the_labels(digits, tmp_path):
    card = load_card(digits)
    assert isinstance(card, LatentCard)
    assert (card.name, card.size, card.latent, card.labels) == ("digits", 28, LATENT, DIGITS)
    assert list(card.files) == ["tflite-float16", "tflite-float32"]
    plain = load_card(write_latent_bundle(tmp_path / "clouds", "clouds"))
    assert isinstance(plain, LatentCard) and plain.labels == ()


def test_a_card_may_tell_more_than_is_asked(digits):
    change_card(digits, inputs=[LABEL, NOISE | {"mean": 0}], check={"psnr": 30.0})
    card = load_card(digits)
    assert isinstance(card, LatentCard) and card.latent == LATENT


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": DIGITS[:9]}, 'expected the inputs .*"range": \\[0, 8\\]'),
        ({"labels": []}, "a label-to-image model with 0 labels"),
        ({"labels": "0123456789"}, "expected a list of at most 1000 labels"),
        ({"labels": [str(n) for n in range(1001)]}, "expected a list of at most 1000 labels"),
        ({"labels": ["rose", "rose"]}, "expected labels that all differ"),
        ({"labels": ["rose", " "]}, "expected a label of 1 to 40 letters"),
        ({"labels": ["rose", 3]}, "is incomplete"),
        ({"task": "noise-to-image"}, "a noise-to-image model with 10 labels"),
        ({"task": "noise-to-image", "labels": []}, "expected the inputs"),
        ({"inputs": [NOISE]}, "expected the inputs"),
        ({"inputs": [NOISE, LABEL]}, "is incomplete"),
        ({"inputs": []}, "is incomplete"),
        ({"inputs": [LABEL, NOISE | {"shape": [1, 4097]}]}, "noise from 1 to 4096, got 4097"),
        ({"inputs": [LABEL, NOISE | {"shape": [1, "8"]}]}, "noise from 1 to 4096, got '8'"),
        ({"inputs": [LABEL, NOISE | {"shape": [2, 8]}]}, "expected the inputs"),
        ({"inputs": [LABEL, NOISE | {"distribution": "uniform"}]}, "expected the inputs"),
        ({"inputs": [LABEL | {"range": [1, 10]}, NOISE]}, "expected the inputs"),
        ({"inputs": [LABEL | {"dtype": "int64"}, NOISE]}, "expected the inputs"),
        ({"outputs": []}, "expected the outputs"),
        ({"outputs": [PHOTO | {"range": [-1, 1]}]}, "expected the outputs"),
        ({"outputs": [PHOTO | {"shape": [1, 28, 28, 1]}]}, "expected the outputs"),
        ({"size": 32}, "expected the outputs"),
        ({"files": {}}, "has no TFLite file"),
    ],
)
def test_a_latent_card_with_a_mistake_is_refused(digits, changes, message):
    change_card(digits, **changes)
    with pytest.raises(UserError, match=message) as refusal:
        load_card(digits)
    assert "\n" not in str(refusal.value)
