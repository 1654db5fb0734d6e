"""Rows of an array that may be mapped from disk: asked for together, copied, and let go.

A mapped file is read as its pages are touched, one after the other, and with each, as a rule, some
megabytes around it that nobody wants of rows in a random order. What was touched then counts as
this process's memory.
"""

import math
import mmap
from typing import Any

import numpy as np

_ALIGNED = 64  # Bytes: what lies at a multiple of them TensorFlow takes as it is, uncopied.
_KEPT = 1 << 24  # Bytes of a mapped file that are read before they are let go: 16 MB.


class Rows:
    """Takes rows of an array [N, ...]; of one that is mapped no more than 16 MB stay resident.

    Threads may share it.
    """

    def __init__(self, column: np.ndarray):
        self.column = column
        self.bytes = math.prod(column.shape[1:]) * column.itemsize
        base: Any = column.base
        self._map: mmap.mmap | None = None
        self._read = 0
        if isinstance(column, np.memmap) and isinstance(base, mmap.mmap):
            if column.flags.c_contiguous:
                self._map, self._start = base, column.offset % mmap.ALLOCATIONGRANULARITY
                self._map.madvise(mmap.MADV_RANDOM)

    def __len__(self) -> int:
        return len(self.column)

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Copy the rows of these numbers, in their order."""
        if self._map:
            self._ask_for(self._map, rows)
        size = len(rows) * self.bytes
        room = np.empty(size + _ALIGNED, np.uint8)
        start = -room.ctypes.data % _ALIGNED
        shape = (len(rows), *self.column.shape[1:])
        taken = room[start : start + size].view(self.column.dtype).reshape(shape)
        np.take(self.column, rows, axis=0, out=taken, mode="clip")  # Other modes copy twice.
        if self._map:
            self._let_go(self._map, size)
        return taken

    def _ask_for(self, mapped: mmap.mmap, rows: np.ndarray) -> None:
        """Have the disk read all of them at once, instead of one page after the other."""
        for row in rows:
            first = self._start + int(row) * self.bytes
            page = first - first % mmap.PAGESIZE
            mapped.madvise(mmap.MADV_WILLNEED, page, first + self.bytes - page)

    def _let_go(self, mapped: mmap.mmap, size: int) -> None:
        """Give pages back now and then; the system still caches what it has room for."""
        self._read += size
        if self._read > _KEPT:
            self._read = 0
            mapped.madvise(mmap.MADV_DONTNEED)
