"""The ONNX files: what they draw, in ONNX Runtime, and at which sizes."""

from functools import cache

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from keras import layers

from export.formats import FORMATS
from export.parity import compare
from export.serving import in_keras
from tests.export_networks import SIZE, randomised, sketches, tiny_shuffle, tiny_unet
from training.networks.unet import unet

pytestmark = pytest.mark.slow

NETWORKS = {"unet": tiny_unet, "shuffle": tiny_shuffle}
FLOORS = {"onnx-float32": 100, "onnx-float16": 60}
every_network = pytest.mark.parametrize("network", NETWORKS)
every_file = pytest.mark.parametrize("key", FLOORS)


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A function from (network, key of a format) to the file, each made once."""

    @cache
    def convert(network: str, key: str):
        path = tmp_path_factory.mktemp("onnx") / FORMATS[key].path
        FORMATS[key].write(NETWORKS[network](), {}, path)
        return path

    return convert


def sides(path) -> list[list[str | int]]:
    """The shapes that a file says of its inputs and its output; names where an axis is free."""
    session = onnxruntime.InferenceSession(path)
    return [value.shape for value in (*session.get_inputs(), *session.get_outputs())]


@every_network
@every_file
def test_each_file_draws_what_keras_draws(converted, network, key):
    inputs = sketches(4)
    outcome = FORMATS[key].run(converted(network, key), inputs)
    assert compare(outcome.photos, in_keras(NETWORKS[network](), inputs)).psnr > FLOORS[key]
    assert outcome.photos.dtype == np.float32
    assert outcome.threads == 2 and outcome.milliseconds > 0


@every_network
@every_file
def test_a_picture_may_have_any_height_and_width(converted, network, key):
    """Compared with a network that was built for squares of another size: its left and right."""
    path = converted(network, key)
    assert sides(path) == [[1, "height", "width", 3]] * 2
    larger = sketches(2, size=2 * SIZE)
    drawn = FORMATS[key].run(path, larger).photos
    assert compare(drawn, in_keras(NETWORKS[network](2 * SIZE), larger)).psnr > FLOORS[key]
    wide = {"sketch": larger["sketch"][:, :SIZE]}
    assert FORMATS[key].run(path, wide).photos.shape == (2, SIZE, 2 * SIZE, 3)


@every_file
def test_names_and_numbers_are_those_of_the_card(converted, key):
    model = onnx.load(converted("shuffle", key))
    onnx.checker.check_model(model, full_check=True)  # Its nodes are in order, too.
    values = (*model.graph.input, *model.graph.output)
    assert [value.name for value in values] == ["sketch", "photo"]
    assert {value.type.tensor_type.elem_type for value in values} == {onnx.TensorProto.FLOAT}
    assert [each.version for each in model.opset_import if not each.domain] == [15]


@every_network
def test_a_float16_file_is_half_as_large(converted, network):
    large, small = (converted(network, key).stat().st_size for key in FLOORS)
    structure = 12_000  # Bytes that no number takes.
    assert small - structure < 0.5 * large


def test_a_network_that_comes_down_to_a_pixel_takes_larger_pictures(tmp_path):
    """As the published one does at 256 px."""
    generator, path = randomised(unet(8, width=8)), tmp_path / "a.onnx"
    FORMATS["onnx-float32"].write(generator, {}, path)
    assert sides(path) == [[1, "height", "width", 3]] * 2
    inputs = sketches(2, size=8)
    drawn = FORMATS["onnx-float32"].run(path, inputs).photos
    assert compare(drawn, in_keras(generator, inputs)).psnr > 60


def dense() -> keras.Model:
    """A network that knows how many pixels there are."""
    x = keras.Input((8, 8, 3))
    y = layers.Dense(8 * 8 * 3, activation="tanh")(layers.Flatten()(x))
    return keras.Model(x, layers.Reshape((8, 8, 3))(y))


def grey() -> keras.Model:
    """A network of one channel, which tf2onnx reshapes."""
    x = keras.Input((8, 8, 1))
    return keras.Model(x, layers.Conv2D(1, 3, padding="same", activation="tanh")(x))


@pytest.mark.parametrize("network", [dense, grey])
def test_where_the_size_cannot_be_free_it_is_told(network, tmp_path):
    generator, path, inputs = network(), tmp_path / "a.onnx", sketches(2, size=8)
    FORMATS["onnx-float32"].write(generator, {}, path)
    assert sides(path) == [[1, 8, 8, 3]] * 2
    drawn = FORMATS["onnx-float32"].run(path, inputs).photos
    assert compare(drawn, in_keras(generator, inputs)).psnr > 60
