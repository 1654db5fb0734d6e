"""preview: held-out sketches and what a run has learned to make of them, as one sheet."""

from pathlib import Path

from training import files, sheets
from training.datasets import Dataset
from training.errors import UserError
from training.runs import Run, load_generator


def preview(run: Path, out: Path | None = None, data: Path | None = None, count: int = 12) -> Path:
    """Write a sheet: sketches in one row, drawings below, photos below that; returns its path.

    The sketches are `count` held-out ones at equal distances, unpicked, so two runs on the same
    data show the same. `out` defaults to `preview.png` in the run folder, `data` to the run's
    dataset.

    Raises:
        UserError: no run, no trained generator, no held-out pairs, or a count below one.
    """
    if count < 1:
        raise UserError(f"--count should be 1 or more; got {count}")
    opened = Run.open(run)
    dataset = Dataset.open(data or Path(opened.config["data"]["folder"]), opened.config["size"])
    sketches, photos = (sheets.spread(side, count) for side in dataset.test.load())
    drawn = sheets.draw(load_generator(opened), sketches)
    path = out or opened.folder / "preview.png"
    files.write_image(path, sheets.sheet(sketches, drawn, photos))
    return path
