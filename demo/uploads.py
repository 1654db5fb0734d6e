"""A folder of this process's own for what is uploaded and for the pictures it answers, bounded.

Gradio's own choice is a folder that all users of a machine share, and in which anybody may fill the
disk for twenty minutes.
"""

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
from pathlib import Path

MAX_BYTES = 64_000_000  # Some hundred drawings, and the pictures that were made of them.
MAX_FILES = 2_000


@functools.cache
def own_folder() -> Path:
    """Make the folder, tell Gradio to use it, and see that it ends with the process."""
    folder = Path(tempfile.mkdtemp(prefix="garabato-")).resolve()
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def make_room(size: int) -> None:
    """Remove the oldest files until `size` bytes more are within the bounds."""
    found = []
    for path in own_folder().rglob("*"):
        with contextlib.suppress(OSError):  # Gradio cleans up here as well.
            status = path.stat()
            if path.is_file():
                found.append((status.st_mtime_ns, status.st_size, path))
    found.sort(key=lambda entry: entry[0])
    total, count = size + sum(entry[1] for entry in found), 1 + len(found)
    for _, old, path in found:
        if total <= MAX_BYTES and count <= MAX_FILES:
            return
        with contextlib.suppress(OSError):
            path.unlink()
        total, count = total - old, count - 1
