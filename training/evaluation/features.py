"""A frozen feature network from a `.tflite` file: what KID compares instead of pixels."""

from pathlib import Path

import cv2
import numpy as np

from training.picture_network import PictureNetwork
from training.progress import Bar


class FeatureNetwork:
    """Pictures to feature vectors, through any image network in TFLite form.

    A network with a uint8 or float32 input [1, H, W, 3] will do; both get pixel values 0..255,
    as this project's own exports do. All of the output, dequantised, is the feature vector.
    """

    def __init__(self, path: Path | str):
        """Load the network; raises `UserError` when the file is none."""
        self._network = PictureNetwork(path)

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Turn pictures uint8 [N, H, W, 3] of any size into features float32 [N, D]."""
        bar = Bar(pictures, step="features", desc="Features", unit="picture", leave=False)
        return np.stack([self._network(self._fit(picture)).ravel() for picture in bar])

    def _fit(self, picture: np.ndarray) -> np.ndarray:
        smaller = picture.shape[0] > self._network.height
        return cv2.resize(
            picture,
            (self._network.width, self._network.height),
            # Averaging areas leaves no aliasing on the way down; on the way up it leaves blocks.
            interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR,
        )
