import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest

from demo.bundles import load_generator, load_sampler, shipped
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


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    return write_latent_bundle(tmp_path / "digits", "digits", DIGITS)


@pytest.fixture
def clouds(tmp_path: Path) -> Path:
    return write_latent_bundle(tmp_path / "clouds", "clouds")


def colors() -> np.ndarray:
    drawing = np.zeros((SIZE, SIZE, 3), np.uint8)
    drawing[:, : SIZE // 2] = (200, 100, 40)
    return drawing


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


def test_one_altered_byte_is_refused(bundle):
    path = bundle / "generator.int8.tflite"
    model = bytearray(path.read_bytes())
    model[-1] ^= 1
    path.write_bytes(model)
    with pytest.raises(UserError, match=r"was altered: its sha256"):
        load_generator(bundle)
    load_generator(bundle, "tflite-float16")


def test_bytes_that_are_no_model_are_refused(bundle):
    path = bundle / "generator.int8.tflite"
    path.write_bytes(b"not a model")
    change_file(bundle, "tflite-int8", bytes=11, sha256=hashlib.sha256(b"not a model").hexdigest())
    with pytest.raises(UserError, match="no image model of 64 px"):
        load_generator(bundle)


def test_a_model_of_another_size_is_refused(bundle):
    change_card(bundle, size=128)
    with pytest.raises(UserError, match="no image model of 128 px"):
        load_generator(bundle)


def test_a_file_that_the_card_does_not_have_is_refused(bundle):
    with pytest.raises(UserError, match="has no tflite-float32; it has tflite-int8, tflite-fl"):
        load_generator(bundle, "tflite-float32")


def test_those_that_ship_begin_with_the_flowers_and_go_on_by_name(tmp_path, monkeypatch):
    for name in ("vae", "flowers", "cgan"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.json").touch()
    (tmp_path / "notes").mkdir()
    monkeypatch.setattr("demo.bundles.MODELS", tmp_path)
    assert [folder.name for folder in shipped()] == ["flowers", "cgan", "vae"]


@pytest.mark.parametrize("file", ["tflite-float16", "tflite-float32"])
def test_a_sampler_turns_noise_and_a_label_into_pixels(digits, file):
    sampler = load_sampler(digits, file)
    noise = np.linspace(-2, 1.5, LATENT, dtype=np.float32)
    picture = sampler(noise, 3)
    assert picture.shape == (LATENT_SIZE, LATENT_SIZE, 3) and picture.dtype == np.uint8
    grey = 128 + 30 * noise  # What the tiny model does with noise; a label is 8 levels of red.
    assert np.abs(picture[0, :LATENT] - (grey[:, None] + [24, 0, 0])).max() <= 1
    assert np.abs(sampler(noise, 9)[..., 0].astype(int) - picture[..., 0]).mean() == 48


def test_a_sampler_without_labels_takes_noise_alone(clouds):
    picture = load_sampler(clouds, "tflite-float16")(np.zeros(LATENT, np.float32))
    assert (picture == 128).all()


def test_a_sampler_refuses_other_noise_and_other_labels(digits, clouds):
    with pytest.raises(ValueError, match=r"expected float32 \[12\], got float64 \[12\]"):
        load_sampler(digits, "tflite-float16")(np.zeros(LATENT))
    with pytest.raises(ValueError, match="expected a label below 10, got 10"):
        load_sampler(digits, "tflite-float16")(np.zeros(LATENT, np.float32), 10)
    with pytest.raises(ValueError, match="expected a label below 1, got 1"):
        load_sampler(clouds, "tflite-float16")(np.zeros(LATENT, np.float32), 1)


def test_a_latent_model_of_other_tensors_is_refused(digits, clouds):
    (clouds / "generator.float16.tflite").replace(digits / "generator.float16.tflite")
    model = (digits / "generator.float16.tflite").read_bytes()
    sha256 = hashlib.sha256(model).hexdigest()
    change_file(digits, "tflite-float16", bytes=len(model), sha256=sha256)
    with pytest.raises(UserError, match=r"float16.tflite is not the model of its card .*'label'"):
        load_sampler(digits, "tflite-float16")


def test_bytes_that_are_no_latent_model_are_refused(clouds):
    (clouds / "generator.float16.tflite").write_bytes(b"not a model")
    sha256 = hashlib.sha256(b"not a model").hexdigest()
    change_file(clouds, "tflite-float16", bytes=11, sha256=sha256)
    with pytest.raises(UserError, match="is not the model of its card"):
        load_sampler(clouds, "tflite-float16")


def test_a_drawing_model_is_no_sampler_and_the_reverse(bundle, clouds):
    with pytest.raises(UserError, match="flowers takes drawings; expected a model that takes n"):
        load_sampler(bundle, "tflite-int8")
    with pytest.raises(UserError, match="clouds takes noise; expected a model that takes drawings"):
        load_generator(clouds, "tflite-float16")
