"""Which kind of thing each held-out photo shows, as a table beside the photos tells it."""

import csv
import json
from pathlib import Path

from training.data.datasets import held_out_files
from training.errors import UserError


def kinds_of(data: Path, table: Path) -> list[str]:
    """Tell the kind of every held-out photo of a dataset folder, in the order of its rows.

    The table is a CSV with a header: in its first column names of photo files, as they were called
    when they were prepared, in its second their kind.

    Raises:
        UserError: no such table, or a photo that is not in it.
    """
    try:
        with open(table, newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) > 1][1:]
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {table}: {error}") from None
    known = {row[0]: row[1] for row in rows}
    sources = _sources(data)
    names = [sources.get(path.name, path.name) for path in held_out_files(data)]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UserError(f"{table} tells no kind of {unknown[0]}, a held-out photo of {data}")
    return [known[name] for name in names]


def _sources(data: Path) -> dict[str, str]:
    """What photos were called by what they are called now, where `prepare` made them."""
    journal = data / "photos.jsonl"
    if not journal.is_file():
        return {}
    sources = {}
    for line in journal.read_bytes().splitlines():
        try:
            entry = json.loads(line)
            sources[entry["name"]] = Path(entry["source"]).name
        except (ValueError, TypeError, KeyError):
            continue  # Cut short or damaged: `prepare` makes the pair again.
    return sources
