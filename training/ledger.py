"""Which photo became which pair: the journal that makes `prepare` repeatable."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TextIO


@dataclass(frozen=True)
class Entry:
    """A finished pair: its source's path, file name, split, and the key it was made under."""

    source: str
    name: str
    split: str
    key: str


class Ledger:
    """A journal of finished pairs, one JSON line each, appended as they are finished.

    A line that a crash cut short is dropped: its pair is made again.
    """

    def __init__(self, path: Path) -> None:
        """Read the journal at `path`, if there is one."""
        self.path = path
        self.entries: dict[str, Entry] = {}
        self._file: TextIO | None = None
        self._last = 0
        for line in path.read_text().splitlines() if path.exists() else []:
            try:
                entry = Entry(**json.loads(line))
            except (ValueError, TypeError):
                continue
            self.entries[entry.source] = entry
        for entry in self.entries.values():
            self._last = max(self._last, int(Path(entry.name).stem))

    def next_name(self) -> str:
        """A file name that no pair had before."""
        self._last += 1
        return f"{self._last:04d}.jpg"

    def add(self, source: str, name: str, split: str, key: str) -> None:
        """Record a finished pair."""
        entry = Entry(source, name, split, key)
        self.entries[source] = entry
        if self._file:
            self._file.write(json.dumps(asdict(entry)) + "\n")
            self._file.flush()

    def forget(self, source: str) -> Entry | None:
        """Drop a source, and return what it had."""
        return self.entries.pop(source, None)

    def rewrite(self) -> None:
        """Write the journal afresh, sorted by file name, without dropped and replaced lines."""
        beside = self.path.with_name(f".{self.path.name}.tmp")
        ordered = sorted(self.entries.values(), key=lambda entry: (len(entry.name), entry.name))
        beside.write_text("".join(json.dumps(asdict(entry)) + "\n" for entry in ordered))
        os.replace(beside, self.path)

    def __enter__(self) -> "Ledger":
        self.rewrite()
        self._file = open(self.path, "a")  # noqa: SIM115 - closed by __exit__
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()
            self._file = None
