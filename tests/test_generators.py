import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.pictures import write_dataset
from training.datasets import Dataset
from training.errors import UserError
from training.generators import Generator, load_drawings


def network(path, size=16, channels=3, dtype=tf.float32):
    """An exported "generator" that inverts its picture: 255 - x."""
    pixels = keras.Input((size, size, 3), batch_size=1)
    inverted = keras.layers.Rescaling(-1.0, 255.0)(pixels)[..., :channels]
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(pixels, inverted))
    if dtype == tf.uint8:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [np.full((1, size, size, 3), value, np.float32)] for value in (0, 255)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    path.write_bytes(converter.convert())
    return path


@pytest.mark.parametrize("dtype", [tf.float32, tf.uint8])
def test_an_exported_file_draws_pixels_from_pixels(dtype, tmp_path):
    generator = Generator.open(network(tmp_path / "inverse.tflite", dtype=dtype))
    assert (generator.name, generator.size) == ("inverse.tflite", 16)
    sketches = np.random.default_rng(0).integers(0, 256, (11, 16, 16, 3), np.uint8)
    drawn = generator(sketches)
    assert drawn.dtype == np.uint8
    np.testing.assert_allclose(drawn.astype(int), 255 - sketches.astype(int), atol=1)


def test_an_exported_file_is_told_its_data(tmp_path):
    generator = Generator.open(network(tmp_path / "inverse.tflite", size=64))
    with pytest.raises(UserError, match="name a dataset with --data"):
        generator.dataset(None)
    folder = write_dataset(tmp_path / "flowers", train=2, test=2, size=128)
    dataset = generator.dataset(folder)
    assert isinstance(dataset, Dataset) and dataset.size == 64


def test_a_network_that_draws_no_picture_is_refused(tmp_path):
    with pytest.raises(UserError, match="expected a generator"):
        Generator.open(network(tmp_path / "grey.tflite", channels=1))


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
