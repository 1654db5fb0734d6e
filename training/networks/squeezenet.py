"""SqueezeNet 1.1 up to fire9, frozen, for its features (Iandola et al. 2016, arXiv 1602.07360)."""

from pathlib import Path

import keras
import numpy as np
from keras import layers

from training.errors import UserError
from training.size import Size, sides

# Channels of each fire module: squeezed by 1x1, then expanded by 1x1 and by 3x3 alike.
FIRES = {
    **{2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128)},
    **{6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)},
}
POOLED_AFTER = (3, 5)
TAPS = (3, 5, 9)  # Features are taken after these fires: at 1/4, 1/8 and 1/16 of the picture.
MEANS = np.array([104.006, 116.669, 122.679], np.float32)  # BGR, of the pictures it was trained on


def squeezenet(size: Size, weights: Path) -> keras.Model:
    """Build the network: photo [B, H, W, 3] in [-1, 1] -> feature maps, a list.

    At 128 px: [B, 32, 32, 128], [B, 16, 16, 256] and [B, 8, 8, 512], float32. `weights` is a
    Keras .h5 file that was trained on BGR pictures of 0..255 less `MEANS`; that scaling is
    inside the first kernel here.

    Raises:
        UserError: no file at `weights`, or one of another network.
    """
    photo = keras.Input((*sides(size), 3), name="photo")
    network = keras.Model(photo, encode(photo)[1:], name="squeezenet")
    load(network, weights)
    network.trainable = False
    return network


def encode(photo):
    """Pass a photo [B, H, W, 3] in [-1, 1] through untrained layers; gives feature maps, a list.

    At 128 px: [B, 64, 64, 64], which is not among those of `squeezenet`, and its three.
    """
    x = _conv(photo, 64, 3, "conv1", strides=2)
    taps = [x]
    x = _pool(x)
    for number, (squeezed, expanded) in FIRES.items():
        x = _conv(x, squeezed, 1, f"fire{number}/squeeze1x1")
        x = layers.Concatenate()(
            [
                _conv(x, expanded, 1, f"fire{number}/expand1x1"),
                _conv(x, expanded, 3, f"fire{number}/expand3x3"),
            ]
        )
        if number in TAPS:
            taps.append(x)
        if number in POOLED_AFTER:
            x = _pool(x)
    return taps


def _conv(x, filters: int, kernel: int, name: str, strides: int = 1):
    # A layer's name may not hold the slashes of its entry in the file.
    name = name.replace("/", "_")
    x = layers.Conv2D(filters, kernel, strides=strides, padding="same", name=name)(x)
    return layers.ReLU(dtype="float32")(x)


def _pool(x):
    return layers.MaxPooling2D(3, 2, padding="same", dtype="float32")(x)


def _entry(group, name: str) -> list[np.ndarray]:
    """Kernel and bias of a layer, wherever they lie below its entry in the file."""
    found: dict[str, np.ndarray] = {}

    def visit(path: str, item) -> None:
        if hasattr(item, "shape"):
            found[path.split("/")[-1].split(":")[0]] = item[()]

    group.visititems(visit)
    kernel, bias = found["kernel"], found["bias"]
    if name == "conv1":  # From BGR of 0..255 less the means to RGB of -1..1.
        bias = bias + np.einsum("hwio,i->o", kernel, 127.5 - MEANS)
        kernel = kernel[:, :, ::-1] * 127.5
    return [kernel, bias]


def load(network: keras.Model, path: Path) -> None:
    """Give the layers that `encode` made in a network the weights of a file.

    Raises:
        UserError: no file at `path`, or one of another network.
    """
    import h5py

    if not path.is_file():
        raise UserError(f"expected the weights of SqueezeNet 1.1, found no file at {path}")
    try:
        with h5py.File(path) as file:
            for layer in network.layers:
                if layer.name.startswith(("conv1", "fire")):
                    layer.set_weights(_entry(file[layer.name.replace("_", "/")], layer.name))
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"{path} does not hold SqueezeNet 1.1: {error}") from None
