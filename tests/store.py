"""Folders that several tests look at and none changes: each is made once, by the first who asks."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path


class Store:
    """Keeps folders by name for one run of the tests, shared by its worker processes."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir(exist_ok=True)

    def get(self, name: str, make: Callable[[Path], object]) -> Path:
        """Return the folder of this name, which `make(folder)` writes if nobody has yet.

        Whoever wants to change something in it takes a copy.
        """
        folder, done = self.place / name, self.place / f"{name}.done"
        with open(self.place / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # Another worker may be at it: wait for it to finish.
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # Of a test that failed half-way.
                make(folder)
                done.touch()
        return folder
