"""Weights that others have trained and published, and that ours learn from."""

import dataclasses
from pathlib import Path

from training import progress
from training.data.downloads import NotDownloaded, download
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


SQUEEZENET = Weights(
    "SqueezeNet 1.1",
    "MIT",
    "https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0",
    "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "2d935d8c102ad1232484a77da8e6fbdf3ff4ab608974a0d8b6283115ffff204f",
    3_032_184,
)


def fetch(weights: Weights) -> Path:
    """Give the place of a file of weights, downloaded once.

    Raises:
        UserError: it is not here, and cannot be downloaded.
    """
    try:
        return download(f"{weights.address}/{weights.file}", weights.sha256, "weights")
    except NotDownloaded as reason:
        raise UserError(f"cannot download the weights of {weights.title}: {reason}") from None


def squeezenet_weights(told: Path | None, needed: bool) -> Path | None:
    """Give the file that was told, or the published one, fetched where it is needed.

    Says in one line that there is none where it cannot be fetched. `NONE` stands for no file.
    """
    if told or not needed:
        return told if told != NONE else None
    try:
        return fetch(SQUEEZENET)
    except UserError as error:
        progress.warn(
            f"{error}; pictures will be plainer. Start a run with a network, or with --squeezenet "
            f"FILE, the {SQUEEZENET.file} from {SQUEEZENET.address}; --squeezenet {NONE} says that "
            "this is meant"
        )
        return None
