"""preview: held-out sketches and what a run has learned to make of them, as one sheet."""

from pathlib import Path

from training import files, sheets
from training.datasets import Dataset
from training.errors import UserError
from training.runs import Run, load_generator


def preview(
    run: Path,
    /,
    *,
    out: Path | None = None,
    data: Path | None = None,
    count: int = 12,
    photos: bool = True,
) -> Path:
    """Draw a sheet: held-out sketches, what the run makes of them, and the photos behind them.

    The sketches are unpicked: at equal distances over all that were held out, so that two runs on
    the same data show the same.

    Args:
        run: Run folder, from `python -m training fit`.
        out: Picture to write; preview.png in the run folder by default.
        data: Dataset folder; the one that the run was trained on by default.
        count: How many sketches.
        photos: Whether the photos are on the sheet; their licence may not let you show them.

    Returns:
        Where the sheet is.

    Raises:
        UserError: no run, no trained generator, no held-out pairs, or a count below one.
    """
    if count < 1:
        raise UserError(f"--count should be 1 or more; got {count}")
    opened = Run.open(run)
    dataset = Dataset.open(data or Path(opened.config["data"]["folder"]), opened.config["size"])
    sketches, targets = (sheets.spread(side, count) for side in dataset.test.load())
    rows = [sketches, sheets.draw(load_generator(opened), sketches)]
    path = out or opened.folder / "preview.png"
    files.write_image(path, sheets.sheet(*rows, *([targets] if photos else []), columns=6))
    return path
