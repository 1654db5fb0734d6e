"""Equal ranges for channels that an int8 file rounds alike (Nagel et al. 2019, section 4.1).

A tensor of such a file has one step for all of its channels, and so have all tensors that are laid
side by side. Where one channel reaches far, the others are rounded as coarsely as it: a plain
surface gets a grain. Each is therefore multiplied until it reaches as far, in the kernel that makes
it, and divided again in the kernels that read it. What the network computes stays the same.
"""

import keras
import numpy as np
from keras import layers

from export.channels import Network, axes
from export.rewrite import CONVOLUTIONS, fold_batchnorm, replaced, shift_downwards, with_bias
from training.networks.inputs import Inputs

# A channel that hardly ever speaks may reach further in another picture.
MOST = 8.0


def equalized(generator: keras.Model, examples: Inputs) -> keras.Model:
    """Give the same generator with channels of equal ranges, its BatchNorm folded.

    Args:
        generator: a functional model from pictures, [B, H, W, C] in [-1, 1].
        examples: sketches uint8 [N, H, W, 3], with looks if it takes them: what ranges are read
            from.
    """
    network = Network(shift_downwards(fold_batchnorm(generator)))
    convolutions = [each for each in network.model.layers if type(each) in CONVOLUTIONS]
    stretches = [found for each in convolutions if (found := network.stretch(each))]
    if not stretches:
        return generator
    ranges = network.ranges(stretches, examples)
    reach = {each: np.abs(found).max(axis=0) for each, found in ranges.items()}
    made = {id(each): np.ones(each.filters) for each in convolutions}
    read = {id(each): np.ones(each.kernel.shape[axes(each).read]) for each in convolutions}
    for stretch in stretches:
        own = [reach[id(op)] for op in stretch.passed if network.width(op) == stretch.channels]
        each_channel = np.max(own, axis=0)
        furthest = max(reach[id(op)].max() for op in stretch.passed)
        silent = each_channel == 0
        factors = (furthest / np.where(silent, furthest, each_channel)).clip(1, MOST)
        for maker in stretch.makers:
            made[id(maker)] *= factors
        for reader, start in stretch.readers:
            read[id(reader)][start : start + stretch.channels] /= factors
    scaled = {id(each): _scaled(each, made[id(each)], read[id(each)]) for each in convolutions}
    return replaced(network.model, scaled)


def _scaled(convolution: layers.Layer, made: np.ndarray, read: np.ndarray) -> layers.Layer:
    kernel, *bias = convolution.get_weights()
    kernel = kernel * (
        np.expand_dims(made, axes(convolution).read) * np.expand_dims(read, axes(convolution).made)
    )
    return with_bias(convolution, (bias[0] if bias else np.zeros(len(made))) * made, kernel)
