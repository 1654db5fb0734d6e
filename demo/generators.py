"""TFLite models as callables, arrays in and arrays out; safe to call from several threads."""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from demo.looks import MEAN
from demo.sizes import Size, sides_of

_SIGNATURE = "serving_default"

T = TypeVar("T")


class Pool(Generic[T]):
    """Things that one thread at a time may use: made as they are needed, and at most so many."""

    def __init__(self, make: Callable[[], T], size: int) -> None:
        """Make the first one, and raise whatever `make` does."""
        self._make = make
        self._idle: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._left = size - 1
        self._lock = threading.Lock()
        self._idle.put(make())

    @contextlib.contextmanager
    def borrow(self) -> Iterator[T]:
        """Give one to this thread until the block is left; waits where all are lent."""
        thing = self._take()
        try:
            yield thing
        finally:
            self._idle.put(thing)

    def _take(self) -> T:
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait()
        with self._lock:
            more = self._left > 0
            self._left -= more
        return self._make() if more else self._idle.get()


class Generator:
    """A model that turns a drawing into a picture, both uint8 `[H, W, 3]`, RGB, 0..255.

    It may take a look, too: so many bytes that say how the picture is to look.
    """

    def __init__(self, model: bytes, size: Size, at_once: int = 1, look: int = 0) -> None:
        """Raise `ValueError` for bytes that are no model, or a model of other tensors.

        Up to `at_once` threads get a picture at the same time, each by a core of its own.
        """

        def make() -> Interpreter:
            interpreter = Interpreter(model_content=model, num_threads=1)
            interpreter.allocate_tensors()
            return interpreter

        self._interpreters = Pool(make, at_once)
        with self._interpreters.borrow() as interpreter:
            # The drawing first, whatever the order in the file.
            inputs = interpreter.get_input_details()
            self._inputs = sorted(inputs, key=lambda tensor: -tensor["shape"].prod())
            (self._output,) = interpreter.get_output_details()
        self._shape = (*sides_of(size), 3)
        picture = (1, *self._shape)
        expected = [picture, (1, 1, 1, look)] if look else [picture]
        tensors = [*self._inputs, self._output]
        found = [tuple(map(int, tensor["shape"])) for tensor in tensors]
        if found != [*expected, picture]:
            raise ValueError(f"expected the tensors {[*expected, picture]}, got {found}")
        for tensor in tensors:
            if tensor["dtype"] not in (np.uint8, np.float32):
                raise ValueError(f"a tensor is {tensor['dtype'].__name__}")
        self._look = look

    def __call__(self, drawing: np.ndarray, look: bytes | None = None) -> np.ndarray:
        """Return the picture of `drawing`, both uint8 `[H, W, 3]`; by default of mean look.

        Raises `ValueError` for another shape or dtype, or a look of another length.
        """
        if drawing.shape != self._shape or drawing.dtype != np.uint8:
            raise ValueError(
                f"expected uint8 {list(self._shape)}, got {drawing.dtype} {list(drawing.shape)}"
            )
        if look is None:
            look = bytes([MEAN] * self._look)
        if len(look) != self._look:
            raise ValueError(f"expected a look of {self._look} bytes, got {len(look)}")
        given = [drawing, np.frombuffer(look, np.uint8).reshape(1, 1, -1)]
        with self._interpreters.borrow() as interpreter:
            for tensor, values in zip(self._inputs, given, strict=False):
                interpreter.set_tensor(tensor["index"], _to_tensor(values, tensor))
            interpreter.invoke()
            return _to_pixels(interpreter.get_tensor(self._output["index"]), self._output)


class Sampler:
    """A model that turns noise, and the number of a label where it has labels, into a picture.

    Noise is float32 `[latent]`, standard normal; the picture is uint8 `[H, W, 3]`, RGB.
    """

    def __init__(
        self, model: bytes, size: Size, latent: int, labels: int, at_once: int = 1
    ) -> None:
        """Raise `ValueError` for bytes that are no model, or a model of other tensors.

        Up to `at_once` threads get a picture at the same time, each by a core of its own.
        """

        def make() -> Any:
            interpreter = Interpreter(model_content=model, num_threads=1)
            return interpreter.get_signature_runner(_SIGNATURE)

        self._runners = Pool(make, at_once)
        with self._runners.borrow() as runner:
            given, made = runner.get_input_details(), runner.get_output_details()
        inputs = {"noise": f"float32 {[1, latent]}"} | ({"label": "int32 [1]"} if labels else {})
        outputs = {"photo": f"float32 {[1, *sides_of(size), 3]}"}
        for expected, tensors in (
            (inputs, given),
            (outputs, made),
        ):
            found = {
                name: f"{tensor['dtype'].__name__} {tensor['shape'].tolist()}"
                for name, tensor in tensors.items()
            }
            if found != expected:
                raise ValueError(f"expected {expected}, got {found}")
        self._latent = latent
        self._labels = labels

    def __call__(self, noise: np.ndarray, label: int = 0) -> np.ndarray:
        """Return the picture, uint8 `[H, W, 3]`; a model without labels takes label 0.

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
        with self._runners.borrow() as runner:
            photo = runner(**values)["photo"]
        return np.clip(np.rint(photo[0]), 0, 255).astype(np.uint8)


def _to_tensor(values: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    scale, zero = tensor["quantization"]  # (0.0, 0) where the tensor is float.
    if tensor["dtype"] == np.float32 or (scale, zero) == (1.0, 0):
        return values[None].astype(tensor["dtype"])
    return np.clip(np.rint(values[None] / scale + zero), 0, 255).astype(np.uint8)


def _to_pixels(value: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    scale, zero = tensor["quantization"]
    if tensor["dtype"] == np.uint8:
        if (scale, zero) == (1.0, 0):
            return value[0]
        value = (value.astype(np.float32) - zero) * scale
    return np.clip(np.rint(value[0]), 0, 255).astype(np.uint8)
