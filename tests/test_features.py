import keras
import numpy as np
import pytest

from tests.shared_data import photographs_and
from tests.tflite_files import float_file, uint8_file
from training.data.photos import load_photo
from training.errors import UserError
from training.evaluation import metrics
from training.evaluation.features import FeatureNetwork


def mean_colour(shape=(16, 16, 3)) -> keras.Model:
    """A network whose features are known: the mean of each channel."""
    pixels = keras.Input(shape, batch_size=1)
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(pixels))


@pytest.fixture
def pictures():
    """Two flat pictures whose mean colour is the same at any size."""
    return np.stack(
        [np.full((40, 40, 3), colour, np.uint8) for colour in ((10, 100, 200), (0, 255, 30))]
    )


@pytest.mark.parametrize("make", [float_file, uint8_file])
def test_features_are_pixel_values_through_the_network(make, tmp_path, pictures):
    network = FeatureNetwork(make(tmp_path / "mean.tflite", mean_colour()))
    features = network(pictures)
    assert (features.shape, features.dtype) == ((2, 3), np.float32)
    assert features == pytest.approx(np.array([[10, 100, 200], [0, 255, 30]]), abs=1.0)


@pytest.mark.parametrize("size", [8, 16, 40])
def test_any_size_is_brought_to_the_networks_own(size, tmp_path):
    network = FeatureNetwork(float_file(tmp_path / "mean.tflite", mean_colour()))
    halves = np.zeros((1, size, size, 3), np.uint8)
    halves[:, : size // 2] = 200
    assert network(halves) == pytest.approx(np.full((1, 3), 100.0), abs=1.0)


def test_a_missing_file_is_told_in_one_line(tmp_path):
    with pytest.raises(UserError, match="found no file at .*nowhere.tflite"):
        FeatureNetwork(tmp_path / "nowhere.tflite")


@pytest.mark.parametrize("content", [b"", b"not a network at all", b"\x00" * 4096])
def test_a_file_of_something_else_is_told_in_one_line(content, tmp_path):
    path = tmp_path / "other.tflite"
    path.write_bytes(content)
    with pytest.raises(UserError, match="other.tflite is no TFLite network") as caught:
        FeatureNetwork(path)
    assert "\n" not in str(caught.value)


def test_a_network_of_something_else_is_refused(tmp_path):
    path = float_file(tmp_path / "grey.tflite", mean_colour((16, 16, 1)))
    with pytest.raises(UserError, match=r"takes \[1, 16, 16, 1\]; expected one picture"):
        FeatureNetwork(path)


@pytest.mark.slow
def test_real_features_tell_flowers_from_noise():
    photos, weights = photographs_and("mobilenet_v1_1.0_224_quant_embedding_extractor.tflite")
    network = FeatureNetwork(weights)
    features = network(np.stack([load_photo(path, 256) for path in photos[:48]]))
    assert features.shape == (48, 1024)
    noise = network(np.random.default_rng(0).integers(0, 256, (24, 64, 64, 3), np.uint8))
    of_flowers, _ = metrics.kid(features[:24], features[24:])
    of_noise, _ = metrics.kid(noise, features[24:])
    assert of_flowers < 0.1 * of_noise
