"""Picture networks in `.tflite` files, of ours or anybody's: pixel values in, an array out."""

import os
from pathlib import Path

import numpy as np

from training.errors import UserError


class PictureNetwork:
    """A network of one uint8 or float32 input [1, H, W, 3], given pixel values 0..255.

    A generator's may have another one, [1, 1, 1, look], for the bytes of a look; `look` is 0
    without.
    """

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
        # The picture first, whatever the order in the file.
        inputs = sorted(inputs, key=lambda each: -each["shape"].prod())
        shapes = [each["shape"].tolist() for each in inputs]
        self._inputs, self._output = inputs, outputs[0]
        shape, *looks = shapes
        if len(shape) != 4 or shape[0] != 1 or shape[3] != 3 or len(looks) > 1:
            raise UserError(
                f"{path} takes {', '.join(map(str, shapes))}; expected one picture [1, H, W, 3]"
            )
        if looks and looks[0][:3] != [1, 1, 1]:
            raise UserError(
                f"{path} takes {looks[0]} beside a picture; expected a look [1, 1, 1, N]"
            )
        for each in inputs:
            if each["dtype"] not in (np.uint8, np.float32):
                kind = each["dtype"].__name__
                raise UserError(f"{path} takes {kind}; expected uint8 or float32 pixels")
        self.height, self.width = shape[1:3]
        self.look = looks[0][3] if looks else 0
        self.output_shape = tuple(self._output["shape"].tolist())

    def __call__(self, picture: np.ndarray, look: np.ndarray | None = None) -> np.ndarray:
        """Run on uint8 [H, W, 3], and a look uint8 [1, 1, N] where it takes one.

        Returns the output without its batch, dequantised, float32.
        """
        given = [picture] if look is None else [picture, look]
        for each, values in zip(self._inputs, given, strict=True):
            self._interpreter.set_tensor(each["index"], values[None].astype(each["dtype"]))
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output["index"])[0].astype(np.float32)
        scale, zero_point = self._output["quantization"]
        return (output - zero_point) * scale if scale else output
