import keras
import numpy as np
import pytest

from training.errors import UserError
from training.networks.normalization import BatchNorm, PictureNorm
from training.networks.patchgan import patchgan
from training.networks.projected import projected
from training.networks.shuffle_unet import shuffle_unet, slim_unet
from training.networks.squeeze_unet import squeeze_unet
from training.networks.unet import unet


def test_unet_has_the_published_size():
    assert unet(256).count_params() == 54_425_923


def test_patchgan_has_the_published_size_and_sees_30_by_30_patches():
    network = patchgan(256)
    assert network.count_params() == 2_770_497
    assert [tuple(shape) for shape in network.output_shape] == [
        (None, 128, 128, 64),
        (None, 64, 64, 128),
        (None, 32, 32, 256),
        (None, 31, 31, 512),
        (None, 30, 30, 1),
    ]


def test_projected_discriminators_judge_every_feature_map():
    shapes = [(32, 32, 128), (16, 16, 256), (8, 8, 512)]  # of squeezenet(128)
    network = projected(shapes, 128)
    assert [tuple(shape[1:]) for shape in network.output_shape] == [
        (16, 16, 1),
        (16, 16, 1),
        (8, 8, 1),
    ]
    rng = np.random.default_rng(0)
    features = [rng.random((1, *shape), np.float32) for shape in shapes]
    one, other = (
        network([np.full((1, 128, 128, 3), shade, np.float32), *features]) for shade in (-1, 1)
    )
    # The sketch counts: a photo that is real may be none of this drawing.
    assert all(np.abs(a - b).max() > 1e-3 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("build", "most"), [(shuffle_unet, 8_000_000), (slim_unet, 2_500_000)])
def test_a_shuffle_unet_is_small_and_has_no_bias_before_a_norm(build, most):
    network = build(256)
    assert network.count_params() <= most
    assert network.output_shape == (None, 256, 256, 3)
    convolutions = [x for x in network.layers if isinstance(x, keras.layers.Conv2D)]
    assert [x.name for x in convolutions if x.use_bias] == ["subpixel"]


@pytest.mark.parametrize("build", [shuffle_unet, slim_unet, squeeze_unet])
def test_a_shuffle_unet_leaves_no_grid_on_a_plain_surface(build):
    network = build(64, width=8)
    head = network.get_layer("subpixel")
    kernel, bias = head.get_weights()
    # The worst case: four kernels that agree on nothing.
    head.set_weights([0 * kernel, np.linspace(-2, 2, len(bias), dtype="float32")])
    photo = keras.ops.convert_to_numpy(network(np.zeros((1, 64, 64, 3), "float32")))[0]
    np.testing.assert_allclose(photo - photo[0, 0], 0, atol=1e-6)


def test_layers_of_equal_shape_start_different_and_seeded():
    def kernels():
        keras.utils.set_random_seed(3)
        return [w for w in unet(64, width=8).get_weights() if w.shape == (4, 4, 64, 64)]

    first, second, *_ = kernels()
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, kernels()[0])
    assert 0.018 < first.std() < 0.022


@pytest.mark.parametrize("build", [unet, shuffle_unet, slim_unet, squeeze_unet])
@pytest.mark.parametrize("size", [64, 128])
def test_generators_draw_pictures_of_the_size_they_get(build, size):
    network = build(size, width=8)
    sketches = np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3)).astype("float32")
    photos = keras.ops.convert_to_numpy(network(sketches, training=False))
    assert photos.shape == (2, size, size, 3)
    assert photos.dtype == np.float32
    assert np.abs(photos).max() <= 1.0


def test_outputs_stay_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert shuffle_unet(64, width=8).output.dtype == "float32"
    assert unet(64, width=8).output.dtype == "float32"
    assert patchgan(64, width=8).outputs[-1].dtype == "float32"


@pytest.mark.parametrize(
    ("build", "size"),
    [
        *((unet, 100), (unet, 384 + 128 + 4), (shuffle_unet, 100), (shuffle_unet, 0)),
        *((slim_unet, 96), (squeeze_unet, 96)),
    ],
)
def test_sizes_that_cannot_be_halved_are_refused_in_words(build, size):
    with pytest.raises(UserError, match=f"got {size}.*--size 256"):
        build(size)


def test_batch_norm_equals_keras():
    rng = np.random.default_rng(3)
    x = rng.normal(2.0, 3.0, (4, 6, 6, 5)).astype("float32")
    ours, theirs = BatchNorm(), keras.layers.BatchNormalization()
    for layer in (ours, theirs):
        layer.build(x.shape)
        layer.gamma.assign(np.linspace(0.5, 2, 5))
        layer.beta.assign(np.linspace(-1, 1, 5))
    for training in (True, False):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(ours(x, training=training)),
            keras.ops.convert_to_numpy(theirs(x, training=training)),
            atol=2e-5,
        )
        for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


def test_a_picture_norm_takes_each_picture_by_itself_after_training():
    layer = PictureNorm()
    pictures = np.random.default_rng(0).normal(3.0, 2.0, (2, 8, 8, 5)).astype("float32")
    layer.build(pictures.shape)
    both = keras.ops.convert_to_numpy(layer(pictures, training=False))
    alone = keras.ops.convert_to_numpy(layer(pictures[1:], training=False))
    trained = keras.ops.convert_to_numpy(layer(pictures[1:], training=True))
    np.testing.assert_allclose(both[1:], alone, atol=1e-5)
    np.testing.assert_allclose(alone, trained, atol=1e-4)


def test_a_unet_that_was_trained_on_single_pictures_draws_as_it_did_then():
    network = unet(64, width=8)
    rng = np.random.default_rng(0)
    for _ in range(30):  # Moves the moving averages, as a training does.
        network(rng.uniform(-1, 1, (1, 64, 64, 3)).astype("float32"), training=True)
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    sketch = rng.uniform(-1, 1, (1, 64, 64, 3)).astype("float32")
    then = keras.ops.convert_to_numpy(network(sketch, training=True))
    now = keras.ops.convert_to_numpy(network(sketch, training=False))
    np.testing.assert_allclose(now, then, atol=1e-3)
