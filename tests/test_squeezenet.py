from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from tests.shared_data import photographs_and
from training.errors import UserError
from training.networks.squeezenet import FIRES, MEANS, squeezenet


def write_weights(path: Path, *, left_out: str = "") -> Path:
    """A file laid out as the published ones are, with random weights."""
    rng = np.random.default_rng(0)
    shapes, channels = {"conv1": (3, 3, 3, 64)}, 64
    for number, (squeezed, expanded) in FIRES.items():
        shapes[f"fire{number}/squeeze1x1"] = (1, 1, channels, squeezed)
        shapes[f"fire{number}/expand1x1"] = (1, 1, squeezed, expanded)
        shapes[f"fire{number}/expand3x3"] = (3, 3, squeezed, expanded)
        channels = 2 * expanded
    with h5py.File(path, "w") as file:
        for name, shape in shapes.items():
            if name != left_out:
                deep = file.create_group(f"{name}/{name}_3")
                deep["kernel:0"] = rng.normal(0, np.prod(shape[:3]) ** -0.5, shape).astype("f4")
                deep["bias:0"] = rng.normal(0, 0.1, shape[-1:]).astype("f4")
    return path


def test_feature_maps_are_at_a_quarter_an_eighth_and_a_sixteenth(tmp_path):
    network = squeezenet(128, write_weights(tmp_path / "weights.h5"))
    assert [tuple(shape[1:]) for shape in network.output_shape] == [
        (32, 32, 128),
        (16, 16, 256),
        (8, 8, 512),
    ]
    assert not network.trainable_variables


def test_the_first_kernel_takes_bgr_less_the_means(tmp_path):
    path = write_weights(tmp_path / "weights.h5")
    network = squeezenet(32, path)
    first = keras.Model(network.input, network.get_layer("conv1").output)
    photo = np.random.default_rng(1).uniform(-1, 1, (1, 32, 32, 3)).astype(np.float32)
    with h5py.File(path) as file:
        kernel = file["conv1/conv1_3/kernel:0"][()]
        bias = file["conv1/conv1_3/bias:0"][()]
    published = (photo[..., ::-1] + 1.0) * 127.5 - MEANS
    expected = keras.ops.conv(published, kernel, strides=2, padding="same") + bias
    inside = np.s_[:, 1:-1, 1:-1]  # At the border stands no colour, which is not the same colour.
    np.testing.assert_allclose(
        np.asarray(first(photo))[inside], np.asarray(expected)[inside], rtol=1e-3, atol=1e-2
    )


def test_weights_that_are_not_there_are_told_in_one_line(tmp_path):
    with pytest.raises(UserError, match="found no file at .*nowhere.h5"):
        squeezenet(64, tmp_path / "nowhere.h5")
    (tmp_path / "torn.h5").write_bytes(b"no HDF5")
    with pytest.raises(UserError, match="torn.h5 does not hold SqueezeNet"):
        squeezenet(64, tmp_path / "torn.h5")
    path = write_weights(tmp_path / "part.h5", left_out="fire7/expand3x3")
    with pytest.raises(UserError, match="part.h5 does not hold SqueezeNet"):
        squeezenet(64, path)


@pytest.mark.slow
def test_the_published_weights_see_a_blur_as_farther_than_a_shift():
    photos, weights = photographs_and("squeezenet_v1.1_notop.h5")
    import cv2

    from training.data.photos import load_photo
    from training.losses import perceptual_loss

    sharp = np.stack([load_photo(path, 128) for path in photos[:4]]).astype(np.float32) / 127.5 - 1
    blurred = np.stack([cv2.GaussianBlur(photo, (0, 0), 3) for photo in sharp])
    shifted = np.roll(sharp, 2, axis=2)
    # In pixels it is the other way round: that is what the loss is for.
    assert np.abs(shifted - sharp).mean() > 0.8 * np.abs(blurred - sharp).mean()
    network = squeezenet(128, weights)
    features = network(sharp)
    assert perceptual_loss(features, network(blurred)) > 1.5 * perceptual_loss(
        features, network(shifted)
    )
