from functools import cache

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers

from export import saved_model, tflite
from export.parity import compare
from export.serving import image_to_image, in_keras
from tests.export_networks import SIZE, sketches, tiny_shuffle, tiny_unet

pytestmark = pytest.mark.slow

NETWORKS = {"unet": tiny_unet, "shuffle": tiny_shuffle}
FLOORS = {"float32": 100, "float16": 60, "dynamic": 35, "int8": 33}
every_network = pytest.mark.parametrize("network", NETWORKS)
every_file = pytest.mark.parametrize("numbers", FLOORS)


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A function from (network, numbers) to the file, each made once."""

    @cache
    def convert(network: str, numbers: tflite.Numbers):
        path = tmp_path_factory.mktemp("tflite") / "a.tflite"
        model = image_to_image(NETWORKS[network](), ranges=numbers == "int8")
        tflite.write(model, path, numbers, sketches(32, seed=1))
        return path

    return convert


def interpreter(path) -> Interpreter:
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    return interpreter


@every_network
@every_file
def test_each_file_draws_what_keras_draws(converted, network, numbers):
    inputs = sketches(4)
    outcome = tflite.run(converted(network, numbers), inputs)
    assert compare(outcome.photos, in_keras(NETWORKS[network](), inputs)).psnr > FLOORS[numbers]
    assert outcome.photos.dtype == (np.uint8 if numbers == "int8" else np.float32)
    assert outcome.threads == tflite.THREADS and outcome.milliseconds > 0


@every_network
@every_file
def test_shapes_are_static_and_names_are_those_of_the_card(converted, network, numbers):
    loaded = interpreter(converted(network, numbers))
    for (details,) in (loaded.get_input_details(), loaded.get_output_details()):
        assert details["shape_signature"].tolist() == [1, SIZE, SIZE, 3]
    assert loaded.get_signature_list() == {
        "serving_default": {"inputs": ["sketch"], "outputs": ["photo"]}
    }


@every_network
def test_in_the_int8_file_a_code_is_a_pixel_value(converted, network):
    loaded = interpreter(converted(network, "int8"))
    for (details,) in (loaded.get_input_details(), loaded.get_output_details()):
        assert details["dtype"] is np.uint8
        assert details["quantization"] == (1.0, 0)


@every_network
def test_the_int8_file_computes_in_integers_throughout(converted, network):
    loaded = interpreter(converted(network, "int8"))
    assert {details["dtype"] for details in loaded.get_tensor_details()} <= {
        np.uint8,  # in and out
        np.int8,
        np.int32,  # biases and shapes
    }


@every_network
def test_weights_of_convolutions_are_quantised_by_channel(converted, network):
    loaded = interpreter(converted(network, "int8"))
    kernels = [
        details
        for details in loaded.get_tensor_details()
        if details["dtype"] is np.int8 and len(details["quantization_parameters"]["scales"]) > 1
    ]
    assert len(kernels) == sum("conv" in layer.name for layer in NETWORKS[network]().layers)


@every_network
def test_smaller_numbers_make_smaller_files(converted, network):
    sizes = [converted(network, n).stat().st_size for n in ("float32", "float16", "int8")]
    assert sizes == sorted(sizes, reverse=True)


def test_saturated_logits_leave_int8_enough_codes_for_greys(tmp_path):
    # Red is all black or all white, with logits of -30..30. Calibration alone would spread the
    # 256 codes over these: 30 pixel values from one green to the next, and 5.6 off on average.
    x = keras.Input((16, 16, 3))
    generator = keras.Model(x, layers.Conv2D(3, 1, activation="tanh")(x))
    generator.set_weights([np.diag([30.0, 1, 1]).reshape(1, 1, 3, 3), np.zeros(3)])
    sketch = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    tflite.write(image_to_image(generator, ranges=True), tmp_path / "a", "int8", {"sketch": sketch})
    drawn = tflite.run(tmp_path / "a", {"sketch": sketch}).photos
    assert compare(drawn[..., 1:], in_keras(generator, {"sketch": sketch})[..., 1:]).mean < 1.5


@pytest.mark.parametrize(("operation", "named"), [("negative", "Neg"), ("erf", "Erf")])
def test_an_operation_without_an_integer_kernel_is_an_error(tmp_path, operation, named):
    x = keras.Input((8, 8, 3))
    generator = keras.Model(x, keras.ops.tanh(getattr(keras.ops, operation)(x)))
    with pytest.raises(Exception, match=named):
        tflite.write(
            image_to_image(generator, ranges=True), tmp_path / "a", "int8", sketches(2, size=8)
        )
    assert not (tmp_path / "a").exists()


@every_network
def test_the_saved_model_draws_what_keras_draws(tmp_path, network):
    generator, inputs = NETWORKS[network](), sketches(3)
    saved_model.write(image_to_image(generator), tmp_path / "saved")
    outcome = saved_model.run(tmp_path / "saved", inputs)
    assert compare(outcome.photos, in_keras(generator, inputs)).psnr > 100


def test_the_saved_model_is_static_named_and_holds_each_weight_once(tmp_path):
    import tensorflow as tf

    generator = tiny_unet()
    saved_model.write(image_to_image(generator), tmp_path / "saved")
    serve = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    assert serve.structured_input_signature[1]["sketch"].shape == (1, SIZE, SIZE, 3)
    assert serve.structured_outputs["photo"].shape == (1, SIZE, SIZE, 3)
    stored = sum(f.stat().st_size for f in (tmp_path / "saved" / "variables").iterdir())
    assert stored < 1.3 * 4 * generator.count_params() + 4096
