"""Find the thing in a photo, with a small network that learned from cut-outs on real grounds.

How it was trained, and what it finds, is in `training/experiments/README.md`; what it learned from
is made by `training/prepare/composites.py`.
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from training.picture_network import PictureNetwork

NETWORK = Path(__file__).parent / "things.tflite"  # uint8 photo [1, 128, 128, 3] to a white mask.
VIEWS = [np.s_[::down, ::across] for down in (1, -1) for across in (1, -1)]


def whiteness(photo: np.ndarray) -> np.ndarray:
    """How sure each pixel of a photo, uint8 [h, w, 3] RGB, is of the thing: 0 to 1, float32.

    What the thing is, is not asked: something whole that lies before something else. The network
    sees all of the photo as a square, in a mirror, and both upside down: their mean errs less.
    """
    network = _network()
    height, width = photo.shape[:2]
    square = cv2.resize(photo, (network.width, network.height), interpolation=cv2.INTER_AREA)
    found = [network(np.ascontiguousarray(square[view]))[view] for view in VIEWS]
    sure = np.mean(found, axis=(0, 3)) / 255
    return cv2.resize(sure, (width, height), interpolation=cv2.INTER_LINEAR)


@cache
def _network() -> PictureNetwork:
    return PictureNetwork(NETWORK, threads=1)  # One process a core is the parallelism.
