"""TFLite models as callables, arrays in and arrays out; safe to call from several threads."""

import threading
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

_SIGNATURE = "serving_default"


class Generator:
    """A model that turns a drawing into a picture, both uint8 `[size, size, 3]`, RGB, 0..255."""

    def __init__(self, model: bytes, size: int, threads: int = 2) -> None:
        """Raise `ValueError` for bytes that are no model, or a model of another shape."""
        self._interpreter = Interpreter(model_content=model, num_threads=threads)
        self._interpreter.allocate_tensors()
        (self._input,) = self._interpreter.get_input_details()
        (self._output,) = self._interpreter.get_output_details()
        for tensor in (self._input, self._output):
            shape, dtype = tuple(tensor["shape"]), tensor["dtype"]
            if shape != (1, size, size, 3) or dtype not in (np.uint8, np.float32):
                raise ValueError(f"a tensor is {dtype.__name__} {list(shape)}")
        self._size = size
        self._lock = threading.Lock()  # An interpreter has one set of tensors.

    def __call__(self, drawing: np.ndarray) -> np.ndarray:
        """Return the picture of `drawing`, both uint8 `[size, size, 3]`.

        Raises `ValueError` for another shape or dtype.
        """
        if drawing.shape != (self._size, self._size, 3) or drawing.dtype != np.uint8:
            raise ValueError(
                f"expected uint8 [{self._size}, {self._size}, 3], "
                f"got {drawing.dtype} {list(drawing.shape)}"
            )
        with self._lock:
            self._interpreter.set_tensor(self._input["index"], _to_tensor(drawing, self._input))
            self._interpreter.invoke()
            return _to_pixels(self._interpreter.get_tensor(self._output["index"]), self._output)


class Sampler:
    """A model that turns noise, and the number of a label where it has labels, into a picture.

    Noise is float32 `[latent]`, standard normal; the picture is uint8 `[size, size, 3]`, RGB.
    """

    def __init__(self, model: bytes, size: int, latent: int, labels: int, threads: int = 2) -> None:
        """Raise `ValueError` for bytes that are no model, or a model of other tensors."""
        interpreter = Interpreter(model_content=model, num_threads=threads)
        self._runner = interpreter.get_signature_runner(_SIGNATURE)
        inputs = {"noise": f"float32 {[1, latent]}"} | ({"label": "int32 [1]"} if labels else {})
        outputs = {"photo": f"float32 {[1, size, size, 3]}"}
        for expected, tensors in (
            (inputs, self._runner.get_input_details()),
            (outputs, self._runner.get_output_details()),
        ):
            found = {
                name: f"{tensor['dtype'].__name__} {tensor['shape'].tolist()}"
                for name, tensor in tensors.items()
            }
            if found != expected:
                raise ValueError(f"expected {expected}, got {found}")
        self._latent = latent
        self._labels = labels
        self._lock = threading.Lock()  # An interpreter has one set of tensors.

    def __call__(self, noise: np.ndarray, label: int = 0) -> np.ndarray:
        """Return the picture, uint8 `[size, size, 3]`; a model without labels takes label 0.

        Raises `ValueError` for noise of another shape or dtype, and for a label there is not.
        """
        if noise.shape != (self._latent,) or noise.dtype != np.float32:
            raise ValueError(
                f"expected float32 [{self._latent}], got {noise.dtype} {list(noise.shape)}"
            )
        if not 0 <= label < max(1, self._labels):
            raise ValueError(f"expected a label below {max(1, self._labels)}, got {label}")
        values = {"noise": noise[None]}
        if self._labels:
            values["label"] = np.array([label], np.int32)
        with self._lock:
            photo = self._runner(**values)["photo"]
        return np.clip(np.rint(photo[0]), 0, 255).astype(np.uint8)


def _to_tensor(drawing: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    scale, zero = tensor["quantization"]  # (0.0, 0) where the tensor is float.
    if tensor["dtype"] == np.float32 or (scale, zero) == (1.0, 0):
        return drawing[None].astype(tensor["dtype"])
    return np.clip(np.rint(drawing[None] / scale + zero), 0, 255).astype(np.uint8)


def _to_pixels(value: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    scale, zero = tensor["quantization"]
    if tensor["dtype"] == np.uint8:
        if (scale, zero) == (1.0, 0):
            return value[0]
        value = (value.astype(np.float32) - zero) * scale
    return np.clip(np.rint(value[0]), 0, 255).astype(np.uint8)
