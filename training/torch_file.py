"""Read the tensors of a file that PyTorch saved, without PyTorch, and without running its code."""

import pickle
import struct
from collections import OrderedDict
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from training.errors import UserError

# The numbers that a file holds one after the other, by the class that PyTorch kept them in.
_KINDS: dict[str, np.dtype] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_HEADERS = 3  # A number that tells the format, the format's version, and the machine's habits.


class _Tensor(NamedTuple):
    """Where a tensor lies in its numbers: from which on, and how far apart along each axis."""

    kind: str
    key: str
    start: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


def _tensor(kept: tuple, start: int, shape: tuple, steps: tuple, *_: Any) -> _Tensor:
    return _Tensor(kept[1], kept[2], start, shape, steps)


class _Unpickler(pickle.Unpickler):
    """Knows what such a file needs, and refuses the rest: a pickle may name any code there is."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in _KINDS:
            return name
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        raise pickle.UnpicklingError(f"{module}.{name} is no tensor")

    def persistent_load(self, pid: Any) -> Any:
        return pid  # ("storage", kind, key, device, count, view)


def tensors(file: BinaryIO, name: str) -> dict[str, np.ndarray]:
    """Read all tensors of a state dict, in the format before PyTorch 1.6.

    Raises:
        UserError: something else is in the file, which goes by `name`.
    """
    try:
        for _ in range(_HEADERS):
            _Unpickler(file).load()
        told = _Unpickler(file).load()
        kinds: dict[str, np.dtype] = {each.key: _KINDS[each.kind] for each in told.values()}
        kept = {key: _numbers(file, kinds[key]) for key in _Unpickler(file).load()}
        return {entry: _placed(kept[each.key], each) for entry, each in told.items()}
    except (pickle.UnpicklingError, EOFError, struct.error, ValueError, KeyError) as error:
        raise UserError(f"{name} holds no tensors of PyTorch: {error}") from None
    except (AttributeError, TypeError, IndexError) as error:  # A pickle of anything else.
        raise UserError(f"{name} holds no tensors of PyTorch: {error}") from None


def _numbers(file: BinaryIO, kind: np.dtype) -> np.ndarray:
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * kind.itemsize), kind, count)


def _placed(numbers: np.ndarray, tensor: _Tensor) -> np.ndarray:
    lasts = [step * (count - 1) for step, count in zip(tensor.steps, tensor.shape, strict=True)]
    if min([tensor.start, *tensor.steps]) < 0 or tensor.start + sum(lasts) >= len(numbers):
        raise ValueError("a tensor lies outside of its numbers")
    steps = [step * numbers.itemsize for step in tensor.steps]
    return np.lib.stride_tricks.as_strided(numbers[tensor.start :], tensor.shape, steps).copy()
