"""What is taken back of the rounding of int8 files, in the biases of their convolutions."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from export import saved_model, tflite
from export.bias import corrected
from export.parity import compare, one_by_one
from export.serving import image_to_image, in_keras
from tests.export_networks import drawings, shifted
from training.networks.shuffle_unet import slim_unet
from training.runs.samples import with_looks

pytestmark = [
    pytest.mark.slow,
    # TensorFlow asks the interpreter that it deprecates itself.
    pytest.mark.filterwarnings(r"ignore:\s*Warning. tf.lite.Interpreter:UserWarning"),
]

SIZE, LOOK = 64, 8


def converted(model: keras.Model, folder, examples=None) -> bytes:
    """A TFLite file as TensorFlow writes it; int8 where there are examples."""
    saved_model.write(model, folder)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
    if examples:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: iter(examples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    return converter.convert()


def test_an_int8_file_comes_nearer_to_keras(tmp_path):
    generator = shifted(slim_unet(SIZE, width=8, look=LOOK))
    examples = one_by_one(with_looks(drawings(24, SIZE, seed=1), LOOK))
    model = image_to_image(generator, ranges=True)
    before, reference = converted(model, tmp_path / "a", examples), converted(model, tmp_path / "b")
    held_out = with_looks(drawings(16, SIZE), LOOK, seed=1)
    expected = in_keras(generator, held_out)
    far = []
    for name, content in (("before", before), ("after", corrected(before, reference, examples))):
        (tmp_path / name).write_bytes(content)
        photos = tflite.run(tmp_path / name, held_out).photos
        far.append(compare(photos, expected))
    assert far[1].psnr > far[0].psnr + 1
    again = tmp_path / "written"
    calibration = {name: np.concatenate([each[name] for each in examples]) for name in examples[0]}
    tflite.write(model, again, "int8", {k: v.astype(np.uint8) for k, v in calibration.items()})
    assert again.read_bytes() == (tmp_path / "after").read_bytes()


def test_what_codes_cannot_reach_is_no_error(tmp_path):
    """Half of each picture is far beyond white: the other half stays as it is."""
    x = keras.Input((16, 16, 3))
    generator = keras.Model(x, layers.Conv2D(3, 1, activation="tanh")(x))
    generator.set_weights([np.eye(3).reshape(1, 1, 3, 3) * 30, np.zeros(3)])
    sketch = np.full((8, 16, 16, 3), 255, np.uint8)
    sketch[:, :, :8] = 128 + np.arange(8, dtype=np.uint8)[:, None, None, None] % 3
    examples = one_by_one({"sketch": sketch})
    model = image_to_image(generator, ranges=True)
    before, reference = converted(model, tmp_path / "a", examples), converted(model, tmp_path / "b")
    photos = []
    for name, content in (("before", before), ("after", corrected(before, reference, examples))):
        (tmp_path / name).write_bytes(content)
        photos.append(tflite.run(tmp_path / name, {"sketch": sketch}).photos.astype(int))
    assert np.abs(photos[1] - photos[0]).max() <= 3


def test_files_of_different_networks_are_left_alone_and_told(tmp_path, capfd):
    one, other = (slim_unet(SIZE, width=width) for width in (8, 16))
    examples = one_by_one({"sketch": drawings(2, SIZE)})
    content = converted(image_to_image(one, ranges=True), tmp_path / "a", examples)
    reference = converted(image_to_image(other), tmp_path / "b")
    assert corrected(content, reference, examples) == content
    assert "its biases stay uncorrected" in capfd.readouterr().err
