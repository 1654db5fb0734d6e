import keras
import numpy as np
import pytest

from tests.export_networks import randomised
from tests.pictures import pairs
from training.evaluation import metrics
from training.networks.shuffle_unet import shuffle_unet, slim_unet
from training.runs import samples
from training.transfer.batchnorm import (
    batchnorms_by_convolution,
    convolutions,
    restore_batchnorms,
    set_folded_weights,
)
from training.transfer.slimming import _solve, slim_down

pytestmark = pytest.mark.slow

SIZE = 64


@pytest.fixture(scope="module")
def sketches():
    return pairs(96, SIZE)[0]


def folded(network: keras.Model, seed: int = 0) -> keras.Model:
    """Random weights as an exported file has them: BatchNorms switched off but for a bias."""
    rng, norms = np.random.default_rng(seed), batchnorms_by_convolution(network)
    for convolution in convolutions(network):
        shape = convolution.kernel.shape
        kernel = rng.normal(0, np.prod(shape[:3]) ** -0.5, shape).astype("float32")
        bias = rng.normal(0, 0.1, shape[-1]).astype("float32")
        set_folded_weights(convolution, norms.get(convolution.name), kernel, bias)
    return network


@pytest.mark.parametrize(
    ("kernel_size", "strides", "padding"), [(4, 2, "same"), (3, 1, "same"), (3, 1, "valid")]
)
def test_a_kernel_is_found_again_from_what_it_made(kernel_size, strides, padding):
    convolution = randomised(
        keras.Sequential(
            [
                keras.Input((16, 16, 5)),
                keras.layers.Conv2D(4, kernel_size, strides=strides, padding=padding),
            ]
        )
    ).layers[0]
    features = np.random.default_rng(1).normal(0.5, 1, (40, 16, 16, 5)).astype("float32")
    wanted = keras.ops.convert_to_numpy(convolution(features))
    kernel, bias = _solve(features, wanted, convolution)
    np.testing.assert_allclose(kernel, convolution.get_weights()[0], atol=5e-3)
    np.testing.assert_allclose(bias, convolution.get_weights()[1], atol=5e-3)


def test_a_slim_network_draws_nearly_what_the_wide_one_does(sketches):
    wide, slim = folded(shuffle_unet(SIZE, width=16)), slim_unet(SIZE, width=16)
    learned, held_out = sketches[:80], sketches[80:]
    slim_down(wide, slim, learned)
    wanted = samples.generate(wide, {"sketch": held_out})
    solved = metrics.psnr(samples.generate(slim, {"sketch": held_out}), wanted).mean()
    untrained = metrics.psnr(
        samples.generate(folded(slim_unet(SIZE, width=16)), {"sketch": held_out}), wanted
    )
    assert solved > 25 and solved > untrained.mean() + 10
    # And it stays so once BatchNorm is back.
    before = samples.generate(slim, {"sketch": held_out})
    restore_batchnorms(slim, learned)
    assert metrics.psnr(samples.generate(slim, {"sketch": held_out}), before).mean() > 60
