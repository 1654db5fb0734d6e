"""A frozen feature network from a `.tflite` file: what KID compares instead of pixels."""

import os
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from training.errors import UserError


class FeatureNetwork:
    """Pictures to feature vectors, through any image network in TFLite form.

    A network with a uint8 or float32 input [1, H, W, 3] will do; both get pixel values 0..255,
    as this project's own exports do. All of the output, dequantised, is the feature vector.
    """

    def __init__(self, path: Path | str):
        """Load the network; raises `UserError` when the file is none."""
        path = Path(path)
        if not path.is_file():
            raise UserError(f"expected a .tflite feature network, found no file at {path}")
        # Only KID wants it: a machine that just trains need not have the interpreter.
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ModuleNotFoundError:
            raise UserError(
                "feature networks need the TFLite interpreter: pip install ai-edge-litert"
            ) from None
        try:
            self._interpreter = Interpreter(str(path), num_threads=os.cpu_count())
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise UserError(
                f"{path} is no TFLite network: {' '.join(str(error).split())}"
            ) from None
        inputs, outputs = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )
        self._input, self._output = inputs[0], outputs[0]
        shape, dtype = self._input["shape"].tolist(), self._input["dtype"]
        if len(inputs) != 1 or len(shape) != 4 or shape[0] != 1 or shape[3] != 3:
            raise UserError(f"{path} takes {shape}; expected one picture [1, H, W, 3]")
        if dtype not in (np.uint8, np.float32):
            raise UserError(f"{path} takes {dtype.__name__}; expected uint8 or float32 pixels")
        self.height, self.width = shape[1:3]

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Turn pictures uint8 [N, H, W, 3] of any size into features float32 [N, D]."""
        bar = tqdm(pictures, desc="Features", unit="picture", leave=False)
        return np.stack([self._one(picture) for picture in bar])

    def _one(self, picture: np.ndarray) -> np.ndarray:
        smaller = picture.shape[0] > self.height
        picture = cv2.resize(
            picture,
            (self.width, self.height),
            # Averaging areas leaves no aliasing on the way down; on the way up it leaves blocks.
            interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR,
        )
        self._interpreter.set_tensor(
            self._input["index"], picture[None].astype(self._input["dtype"])
        )
        self._interpreter.invoke()
        features = self._interpreter.get_tensor(self._output["index"]).ravel().astype(np.float32)
        scale, zero_point = self._output["quantization"]
        return (features - zero_point) * scale if scale else features
