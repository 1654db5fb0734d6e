"""A journal of finished pairs: which photo became which pair, so that `prepare` can go on."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TextIO

from training.data.pairs import SIDES, SPLITS
from training.files import replacing


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished pair: its source's path, file name, split, and the key it was made under.

    `empty` tells that its input is of one colour, `look` what its photo looks like (`alike`).
    """

    source: str
    name: str
    split: str
    key: str
    empty: bool = False
    look: str = ""

    def files(self, dataset: Path) -> tuple[Path, Path]:
        """Where its input and target are in a dataset folder."""
        folder = dataset / self.split
        return folder / SIDES[0] / self.name, folder / SIDES[1] / self.name


class Ledger:
    """A journal of finished pairs, one JSON line each, appended as they are finished.

    A line that a crash cut short, or that is damaged, is dropped: its pair is made again.
    """

    def __init__(self, path: Path) -> None:
        """Read the journal at `path`, if there is one."""
        self.path = path
        self.entries: dict[str, Entry] = {}
        self._file: TextIO | None = None
        self._last = 0
        if path.exists():
            with open(path, "rb") as file:
                self._read(file)
        for entry in self.entries.values():
            self._last = max(self._last, int(Path(entry.name).stem))

    def _read(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            try:
                entry = Entry(**json.loads(line))
            except (ValueError, TypeError):
                continue
            if _is_whole(entry):
                self.entries[entry.source] = entry

    def next_name(self) -> str:
        """A file name that no pair had before."""
        self._last += 1
        return f"{self._last:04d}.jpg"

    def add(self, entry: Entry) -> None:
        """Record a finished pair."""
        self.entries[entry.source] = entry
        if self._file:
            self._file.write(json.dumps(asdict(entry)) + "\n")
            self._file.flush()

    def rewrite(self) -> None:
        """Write the journal afresh, sorted by file name, without dropped and replaced lines."""
        ordered = sorted(self.entries.values(), key=lambda entry: (len(entry.name), entry.name))
        with replacing(self.path) as beside, open(beside, "w") as file:
            file.writelines(json.dumps(asdict(entry)) + "\n" for entry in ordered)

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


def _is_whole(entry: Entry) -> bool:
    """Tell whether every field is what was written once, and not what damage made of it."""
    texts = (entry.source, entry.name, entry.split, entry.key, entry.look)
    if not all(isinstance(text, str) for text in texts) or not isinstance(entry.empty, bool):
        return False
    # Files are removed by what stands here: no name may lead out of the dataset.
    named = entry.split in SPLITS and re.fullmatch(r"[0-9]{1,18}\.jpg", entry.name)
    return bool(named and re.fullmatch(r"([0-9a-f]{16})?", entry.look))
