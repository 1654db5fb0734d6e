"""The generators of pictures from sketches, by name."""

from pathlib import Path
from typing import Literal

import keras

from training.errors import UserError
from training.networks.shuffle_unet import shuffle_unet, slim_unet
from training.networks.squeeze_unet import squeeze_unet
from training.networks.squeezenet import load
from training.networks.unet import unet
from training.size import Size

Kind = Literal["slim_unet", "shuffle_unet", "squeeze_unet", "unet"]


def generator(kind: Kind, size: Size, width: int, look: int, grain: int, seed: int) -> keras.Model:
    """Build one: [B, H, W, 3] in [-1, 1] to the same, with a look [B, 1, 1, look] if asked.

    `grain` is for shuffle_unet and slim_unet; the others have none.

    Raises:
        UserError: a size that it cannot take, or a look where it takes none.
    """
    if look and kind not in ("slim_unet", "shuffle_unet"):
        raise UserError("--look is for slim_unet and shuffle_unet")
    if kind == "squeeze_unet":
        return squeeze_unet(size, width=width)
    if kind == "unet":
        return unet(size, width=width, seed=seed)
    build = slim_unet if kind == "slim_unet" else shuffle_unet
    return build(size, width=width, look=look, grain=grain)


def begin(network: keras.Model, squeezenet: Path | None) -> keras.Model:
    """Give it back; if it has SqueezeNet's layers, with its weights, where there are any.

    Raises:
        UserError: no file there, or one of another network.
    """
    if network.name == "squeeze_unet" and squeezenet:
        load(network, squeezenet)
    return network
