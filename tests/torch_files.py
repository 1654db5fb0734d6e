"""Write tensors as PyTorch saved them before 1.6, without PyTorch."""

import pickle
import struct
from pathlib import Path

import numpy as np

HEADERS = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})


def write_torch(path: Path, entries: dict[str, np.ndarray]) -> Path:
    """Write float32 arrays, each as the transpose of what lies in the file."""
    told = b"\x80\x02}"
    for number, (name, array) in enumerate(entries.items()):
        steps = tuple(step // array.itemsize for step in np.asfortranarray(array).strides)
        kept = b"(" + _text("storage") + b"ctorch\nFloatStorage\n" + _text(str(number))
        kept += _text("cpu") + _whole(array.size) + b"NtQ"
        told += _text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(" + kept + _whole(0)
        told += _row(array.shape) + _row(steps) + b"\x89ccollections\nOrderedDict\n)RtRs"
    content = b"".join(pickle.dumps(each, 2) for each in HEADERS) + told + b"."
    content += pickle.dumps([str(number) for number in range(len(entries))], 2)
    for array in entries.values():
        content += struct.pack("<q", array.size) + array.astype("<f4").tobytes("F")
    path.write_bytes(content)
    return path


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def _whole(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


def _row(numbers: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(_whole, numbers)) + b"t"
