import hashlib
import json
import threading
from pathlib import Path

import numpy as np
import pytest

from demo.bundles import load_card, load_generator
from demo.errors import UserError
from tests.demo_bundle import SIZE, write_bundle

pytestmark = pytest.mark.slow  # The first of them waits for TensorFlow, to make the bundle.


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


def change_card(bundle: Path, **changes: object) -> None:
    card = json.loads((bundle / "card.json").read_text())
    (bundle / "card.json").write_text(json.dumps(card | changes))


def change_file(bundle: Path, **changes: object) -> None:
    files = json.loads((bundle / "card.json").read_text())["files"]
    files["tflite-int8"] |= changes
    change_card(bundle, files=files)


def colors() -> np.ndarray:
    drawing = np.zeros((SIZE, SIZE, 3), np.uint8)
    drawing[:, : SIZE // 2] = (200, 100, 40)
    return drawing


def test_a_card_tells_the_canvas_and_the_files(bundle):
    card = load_card(bundle)
    assert (card.name, card.size, card.background, card.brush) == ("flowers", SIZE, "#000000", 4)
    assert card.palette[0] == ("petal pink", "#e0399a")
    assert list(card.files) == ["tflite-int8", "tflite-float16"]


@pytest.mark.parametrize("file", ["tflite-int8", "tflite-float16"])
def test_a_generator_turns_pixels_into_pixels(bundle, file):
    picture = load_generator(bundle, file)(colors())
    assert picture.shape == (SIZE, SIZE, 3) and picture.dtype == np.uint8
    middle = picture[SIZE // 2, SIZE // 4].astype(int)
    assert np.abs(middle - (40, 100, 200)).max() <= 2  # The tiny model swaps red and blue.
    assert picture[0, -1].max() <= 2


def test_a_picture_stays_as_it_is_when_the_next_one_is_made(bundle):
    generator = load_generator(bundle)
    first = generator(colors())
    copy = first.copy()
    generator(np.zeros_like(first))
    assert (first == copy).all()


def test_threads_do_not_mix_their_pictures(bundle):
    generator = load_generator(bundle)
    wrong = []

    def work(level: int) -> None:
        for _ in range(50):
            picture = generator(np.full((SIZE, SIZE, 3), level, np.uint8))
            wrong.extend([level] if abs(int(picture[9, 9, 0]) - level) > 2 else [])

    workers = [threading.Thread(target=work, args=(level,)) for level in (10, 90, 170, 250)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


@pytest.mark.parametrize(
    "drawing", [np.zeros((SIZE, SIZE), np.uint8), np.zeros((SIZE, SIZE, 3), np.float32)]
)
def test_a_generator_refuses_another_shape_or_dtype(bundle, drawing):
    with pytest.raises(ValueError, match=r"expected uint8 \[64, 64, 3\]"):
        load_generator(bundle)(drawing)


def test_a_missing_file_is_named(bundle):
    (bundle / "generator.int8.tflite").unlink()
    with pytest.raises(UserError, match=r"generator\.int8\.tflite is missing"):
        load_card(bundle)


def test_a_file_of_another_length_is_refused(bundle):
    with (bundle / "generator.int8.tflite").open("ab") as file:
        file.write(b"!")
    with pytest.raises(UserError, match=r"was altered: expected \d+ bytes"):
        load_card(bundle)


def test_one_altered_byte_is_refused(bundle):
    path = bundle / "generator.int8.tflite"
    model = bytearray(path.read_bytes())
    model[-1] ^= 1
    path.write_bytes(model)
    with pytest.raises(UserError, match=r"was altered: its sha256"):
        load_generator(bundle)
    load_generator(bundle, "tflite-float16")


def test_a_file_outside_of_the_bundle_is_refused(bundle):
    (bundle.parent / "other.tflite").write_bytes(b"other")
    change_file(bundle, path="../other.tflite")
    with pytest.raises(UserError, match="outside of it"):
        load_card(bundle)


def test_a_link_out_of_the_bundle_is_refused(bundle):
    path = bundle / "generator.int8.tflite"
    path.rename(bundle.parent / "other.tflite")
    path.symlink_to(bundle.parent / "other.tflite")
    with pytest.raises(UserError, match="outside of it"):
        load_card(bundle)


def test_bytes_that_are_no_model_are_refused(bundle):
    path = bundle / "generator.int8.tflite"
    path.write_bytes(b"not a model")
    change_file(bundle, bytes=11, sha256=hashlib.sha256(b"not a model").hexdigest())
    with pytest.raises(UserError, match="no image model of 64 px"):
        load_generator(bundle)


def test_a_model_of_another_size_is_refused(bundle):
    change_card(bundle, size=128)
    with pytest.raises(UserError, match="no image model of 128 px"):
        load_generator(bundle)


def test_a_file_that_the_card_does_not_have_is_refused(bundle):
    with pytest.raises(UserError, match="has no tflite-float32; it has tflite-int8, tflite-fl"):
        load_generator(bundle, "tflite-float32")


def test_a_folder_without_a_card_is_refused(tmp_path):
    with pytest.raises(UserError, match="is not a bundle"):
        load_card(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 2}, "expected schema 1"),
        ({"task": "label-to-image"}, "expected the task image-to-image"),
        ({"name": "../flowers"}, "expected a name"),
        ({"size": "64"}, "expected size from"),
        ({"size": 10**6}, "expected size from"),
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
