"""Make a slim network generate what a wide one does, by least squares (He et al. 2017).

Channel pruning (arXiv 1707.06168). Training a generator anew takes days on a CPU. A slimmer one of
the same family can be solved for instead: of each convolution the channels that matter most are
kept, and its kernel is the one that makes of the slim network's own features what the wide one has
there.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from training.pixels import to_network
from training.runs import sheets
from training.transfer.batchnorm import batchnorms_by_convolution, convolutions, set_folded_weights

SKETCHES = 128  # That both networks are compared on.
PLACES = 40_000  # In their feature maps, at most: some ten a weight of the largest kernels.
RIDGE = 1e-3  # Of the mean variance: features that are nearly alike share their weight.
BATCH = 32


def slim_down(wide: keras.Model, slim: keras.Model, sketches: np.ndarray) -> None:
    """Give `slim_unet` the weights with which it comes nearest to a `shuffle_unet`.

    Args:
        wide: a `shuffle_unet` with its BatchNorms switched off (`set_folded_weights`).
        slim: a `slim_unet` of the same size; its BatchNorms are switched off.
        sketches: uint8 [N, S, S, 3] of the kind that they will be given.
    """
    pixels = to_network(sheets.evenly_spaced(sketches, SKETCHES))
    norms = batchnorms_by_convolution(slim)
    theirs = convolutions(wide)
    ours: list[layers.Layer] = []
    narrowing: dict[int, layers.Layer] = {}
    for convolution in convolutions(slim):
        if convolution.kernel_size == (1, 1):
            narrowing[len(ours)] = convolution
        else:
            ours.append(convolution)
    kept = _kept_channels(wide, pixels, [each.filters for each in ours])
    for place, (their, our, channels) in enumerate(zip(theirs, ours, kept, strict=True)):
        goal, _ = _goal(wide, their)
        wanted = _features(wide, goal, pixels)[..., channels]
        _, identity = _goal(slim, our)
        if identity is not None:
            wanted -= _features(slim, identity, pixels)
        if place in narrowing:
            narrow = narrowing[place]
            kernel, bias = _narrowest(slim, narrow, our, wanted, pixels)
            set_folded_weights(narrow, norms[narrow.name], kernel, bias)
        kernel, bias = _solve(_features(slim, our.input, pixels), wanted, our)
        set_folded_weights(our, norms.get(our.name), kernel, bias)


def _goal(network: keras.Model, convolution: layers.Layer) -> tuple[Any, Any]:
    """What a convolution is there to make, and what a residual block adds to it on the way."""
    norm = batchnorms_by_convolution(network).get(convolution.name)
    made = norm.output if norm else convolution.output
    for add in network.layers:
        if isinstance(add, layers.Add) and any(made is x for x in add.input):
            [identity] = [x for x in add.input if x is not made]
            return add.output, identity
    return made, None


def _kept_channels(wide: keras.Model, pixels: np.ndarray, counts: list[int]) -> list[np.ndarray]:
    """Indices of the channels of each convolution that matter most to the one after it.

    That takes them as the first of its inputs. Blocks that add to one another keep the same.
    """
    found = convolutions(wide)
    goals = [_goal(wide, each) for each in found]
    weights = []
    for (goal, _), convolution, following in zip(goals, found, found[1:], strict=False):
        features = np.maximum(_features(wide, goal, pixels[: len(pixels) // 4 or 1]), 0.0)
        kernel = ops.convert_to_numpy(following.kernel)[:, :, : convolution.filters]
        weights.append(features.var((0, 1, 2)) * np.square(kernel).sum((0, 1, 3)))
    weights.append(np.ones(found[-1].filters))
    ends = [place for place, (_, identity) in enumerate(goals) if identity is not None]
    stream = [ends[0] - 2, *ends]
    together = sum(weights[place] / weights[place].sum() for place in stream)
    for place in stream:
        weights[place] = together
    return [np.sort(np.argsort(-w)[:count]) for w, count in zip(weights, counts, strict=True)]


def _narrowest(
    slim: keras.Model,
    narrow: layers.Layer,
    merging: layers.Layer,
    wanted: np.ndarray,
    pixels: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The 1x1 kernel and bias that keep most of what `merging` will need of what it enlarges."""
    features = _features(slim, narrow.input, pixels)
    skip = _features(slim, merging.input, pixels)[..., narrow.filters :]
    enlarge = layers.UpSampling2D(2, interpolation="bilinear", dtype="float32")
    # Were nothing narrowed, this is how the features would be used ...
    large = np.concatenate([ops.convert_to_numpy(enlarge(x[None])) for x in features])
    kernel, _ = _solve(np.concatenate([large, skip], axis=-1), wanted, merging)
    count = features.shape[-1]
    use = kernel[:, :, :count].transpose(2, 0, 1, 3).reshape(count, -1)
    # ... of which the strongest directions stay, each with a variance of one.
    mean = features.mean((0, 1, 2))
    covariance = np.cov(features.reshape(-1, count), rowvar=False)
    variances, axes = np.linalg.eigh(covariance)
    deviations = np.sqrt(np.maximum(variances, 1e-6 * variances.max()))
    strongest, *_ = np.linalg.svd((axes * deviations).T @ use, full_matrices=False)
    directions = (axes / deviations) @ strongest[:, : narrow.filters]
    directions = directions.astype(np.float32)
    return directions[None, None], -mean @ directions


def _solve(
    features: np.ndarray, wanted: np.ndarray, convolution: layers.Layer
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of the convolution that makes `wanted` of `features`, [N, H, W, C] each."""
    (rows, columns), (steps, _) = convolution.kernel_size, convolution.strides
    if convolution.padding == "same":
        edges = []
        for axis, reach in ((1, rows), (2, columns)):
            beyond = max((wanted.shape[axis] - 1) * steps + reach - features.shape[axis], 0)
            edges.append((beyond // 2, beyond - beyond // 2))
        features = np.pad(features, ((0, 0), *edges, (0, 0)))
    places = np.random.default_rng(0).permutation(wanted[..., 0].size)[:PLACES]
    picture, y, x = np.unravel_index(places, wanted.shape[:3])
    windows = np.stack(
        [
            features[picture, y * steps + row, x * steps + column]
            for row in range(rows)
            for column in range(columns)
        ],
        axis=1,
    ).reshape(len(places), -1)
    goal = wanted[picture, y, x]
    mean, goal_mean = windows.mean(0), goal.mean(0)
    windows -= mean
    squares = (windows.T @ windows).astype(np.float64)
    squares[np.diag_indices_from(squares)] += RIDGE * np.trace(squares) / len(squares)
    kernel = np.linalg.solve(squares, windows.T @ (goal - goal_mean)).astype(np.float32)
    shape = (rows, columns, features.shape[-1], goal.shape[-1])
    return kernel.reshape(shape), goal_mean - mean @ kernel


def _features(network: keras.Model, tensor: Any, pixels: np.ndarray) -> np.ndarray:
    """What a tensor of a network holds, float32 [N, H, W, C]."""
    probe = keras.Model(network.input, tensor)
    parts = [
        ops.convert_to_numpy(ops.cast(probe(pixels[at : at + BATCH], training=False), "float32"))
        for at in range(0, len(pixels), BATCH)
    ]
    return np.concatenate(parts)
