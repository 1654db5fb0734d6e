import keras
import numpy as np
import pytest

from tests.pictures import write_dataset
from tests.tflite_files import float_file, uint8_file
from training.data.datasets import Dataset
from training.errors import UserError
from training.evaluation.generators import Generator, load_drawings


def inverse(size=16, channels=3):
    """A "generator" that inverts its picture: 255 - x."""
    pixels = keras.Input((size, size, 3), batch_size=1)
    return keras.Model(pixels, keras.layers.Rescaling(-1.0, 255.0)(pixels)[..., :channels])


@pytest.mark.parametrize("write", [float_file, uint8_file])
def test_an_exported_file_generates_pixels_from_pixels(write, tmp_path):
    generator = Generator.open(write(tmp_path / "inverse.tflite", inverse()))
    assert (generator.name, generator.size) == ("inverse.tflite", 16)
    sketches = np.random.default_rng(0).integers(0, 256, (11, 16, 16, 3), np.uint8)
    generated = generator({"sketch": sketches})
    assert generated.dtype == np.uint8
    np.testing.assert_allclose(generated.astype(int), 255 - sketches.astype(int), atol=1)


def test_an_exported_file_is_told_its_data(tmp_path):
    generator = Generator.open(float_file(tmp_path / "inverse.tflite", inverse(64)))
    with pytest.raises(UserError, match="name a dataset with --data"):
        generator.dataset(None)
    folder = write_dataset(tmp_path / "flowers", train=2, test=2, size=128)
    dataset = generator.dataset(folder)
    assert isinstance(dataset, Dataset) and dataset.size == 64


def test_a_network_that_generates_no_picture_is_refused(tmp_path):
    with pytest.raises(UserError, match="expected a generator"):
        Generator.open(float_file(tmp_path / "grey.tflite", inverse(channels=1)))


def test_neither_a_run_nor_a_file_is_told_in_one_line(tmp_path):
    with pytest.raises(UserError, match="expected a run folder"):
        Generator.open(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no file at .*nowhere.tflite"):
        Generator.open(tmp_path / "nowhere.tflite")


def test_drawings_come_in_the_order_of_their_names(tmp_path):
    for name, shade in (("b", 200), ("a", 100)):
        picture = np.full((80, 80, 3), shade, np.uint8)
        keras.utils.save_img(tmp_path / f"{name}.png", picture, scale=False)
    drawings = load_drawings(tmp_path, 64)
    assert drawings.shape == (2, 64, 64, 3)
    assert drawings[:, 0, 0, 0].tolist() == [100, 200]
    (tmp_path / "c.png").write_bytes(b"no picture")
    assert load_drawings(tmp_path, 64, 1)[:, 0, 0, 0].tolist() == [100]  # No more is read.
    with pytest.raises(UserError, match=r"c\.png: not a picture"):
        load_drawings(tmp_path, 64)
