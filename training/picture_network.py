"""Picture networks in `.tflite` files, of ours or anybody's: pixel values in, an array out."""

import os
from pathlib import Path

import numpy as np

from training.errors import UserError


class PictureNetwork:
    """A network of one uint8 or float32 input [1, H, W, 3], given pixel values 0..255."""

    def __init__(self, path: Path | str, threads: int | None = None):
        """Load the network, to run on `threads` cores, all by default.

        Raises `UserError` when the file holds none of this kind.
        """
        path = Path(path)
        if not path.is_file():
            raise UserError(f"expected a .tflite network, found no file at {path}")
        # A machine that just trains need not have the interpreter.
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ModuleNotFoundError:
            raise UserError(
                "reading .tflite files needs the TFLite interpreter: pip install ai-edge-litert"
            ) from None
        try:
            self._interpreter = Interpreter(str(path), num_threads=threads or os.cpu_count())
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
        self.output_shape = tuple(self._output["shape"].tolist())

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Run on uint8 [H, W, 3]; returns the output without its batch, dequantised, float32."""
        self._interpreter.set_tensor(
            self._input["index"], picture[None].astype(self._input["dtype"])
        )
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output["index"])[0].astype(np.float32)
        scale, zero_point = self._output["quantization"]
        return (output - zero_point) * scale if scale else output
