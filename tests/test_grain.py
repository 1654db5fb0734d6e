"""Noise that never changes, beside what a generator makes of a drawing."""

import keras
import numpy as np
import pytest

from export import tflite
from export.serving import image_to_image
from tests.export_networks import randomised
from training.evaluation import metrics
from training.evaluation.generators import Generator
from training.networks.grain import Grain, grain_of
from training.networks.resized import resized
from training.networks.shuffle_unet import shuffle_unet, slim_unet
from training.pixels import to_network
from training.runs import samples
from training.transfer.start import load_start

pytestmark = pytest.mark.slow

SIZE = 64


def plain(value: int, count: int = 1) -> np.ndarray:
    return np.full((count, SIZE, SIZE, 3), value, np.uint8)


def drawings(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)


def test_noise_is_of_every_value_and_the_same_for_every_picture_and_network():
    x = np.zeros((3, 48, 32, 5), np.float32)
    noise, again = (keras.ops.convert_to_numpy(Grain(2)(x)) for _ in range(2))
    assert noise.shape == (3, 48, 32, 2)
    assert noise.min() >= 0 and noise.max() <= 1 and abs(noise.std() - 12**-0.5) < 0.01
    assert abs(np.corrcoef(noise[0, ..., 0].ravel(), noise[0, ..., 1].ravel())[0, 1]) < 0.1
    np.testing.assert_array_equal(noise, again)
    np.testing.assert_array_equal(noise[0], noise[2])


def middle(network, drawing) -> np.ndarray:
    """What is generated where no border is near, [H, W, 3]."""
    return samples.generate(network, {"sketch": drawing})[0, 24:40, 24:40].astype(int)


def test_a_plain_drawing_has_texture_with_grain_and_none_without():
    rough, smooth = (randomised(slim_unet(SIZE, width=8, grain=planes)) for planes in (2, 0))
    # Two cells of the coarsest size apart, what has no grain is the same again.
    spread = [np.ptp(middle(each, plain(90)), axis=(0, 1)).min() for each in (rough, smooth)]
    assert grain_of(rough) == 2 and grain_of(smooth) == 0
    assert spread[0] > spread[1]


@pytest.mark.parametrize("build", [slim_unet, shuffle_unet])
def test_a_network_with_grain_begins_as_one_without(build, tmp_path):
    learned = randomised(build(SIZE, width=8))
    path = tmp_path / "generator.float32.tflite"
    tflite.write(image_to_image(learned), path, "float32", {"sketch": drawings(8)})
    network = build(SIZE, width=8, grain=3)
    load_start(path, network, drawings(32))
    before, after = (samples.generate(x, {"sketch": drawings(4)}) for x in (learned, network))
    assert metrics.psnr(after, before).mean() > 60


@pytest.mark.parametrize(("numbers", "least"), [("float32", 60), ("int8", 25)])
def test_files_draw_the_grain_and_give_their_weights_back(numbers, least, tmp_path):
    learned = randomised(slim_unet(SIZE, width=8, grain=2))
    path = tmp_path / f"generator.{numbers}.tflite"
    serving = image_to_image(learned, ranges=numbers == "int8")
    tflite.write(serving, path, numbers, {"sketch": drawings(32)})
    drawn = Generator.open(path)({"sketch": drawings(4)})
    before = samples.generate(learned, {"sketch": drawings(4)})
    assert metrics.psnr(drawn, before).mean() > least
    if numbers == "float32":
        again = slim_unet(SIZE, width=8, grain=2)
        load_start(path, again, drawings(32))
        after = samples.generate(again, {"sketch": drawings(4)})
        assert metrics.psnr(after, before).mean() > 60


def test_a_slim_network_with_grain_comes_near_to_a_wide_one_with_grain(tmp_path):
    learned = randomised(shuffle_unet(SIZE, width=8, grain=2))
    path = tmp_path / "generator.float32.tflite"
    tflite.write(image_to_image(learned), path, "float32", {"sketch": drawings(8)})
    network = slim_unet(SIZE, width=8, grain=2)
    load_start(path, network, drawings(32))  # It would refuse what has other convolutions.


def test_another_size_has_grain_of_that_size():
    network = slim_unet(SIZE, width=8, grain=2)
    large = resized(network, (128, 64))
    picture = large(to_network(np.zeros((1, 64, 128, 3), np.uint8)))
    assert picture.shape == (1, 64, 128, 3)
