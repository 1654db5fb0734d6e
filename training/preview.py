"""preview: sketches and what a generator makes of them, as one sheet."""

from pathlib import Path

from training import files, sheets
from training.errors import UserError
from training.generators import Generator, load_drawings


def preview(
    generator: Path,
    /,
    *,
    out: Path | None = None,
    data: Path | None = None,
    drawings: Path | None = None,
    count: int = 12,
    photos: bool = True,
    columns: int = 6,
    side: int | None = None,
) -> Path:
    """Draw a sheet: held-out sketches, what becomes of them, and the photos behind them.

    The sketches are unpicked: at equal distances over all that were held out, so that two runs on
    the same data show the same.

    Args:
        generator: Run folder, or an exported .tflite file.
        out: Picture to write; preview.png beside the weights by default.
        data: Dataset folder; the one that a run was trained on by default.
        drawings: Folder of drawings to show instead of held-out sketches.
        count: How many sketches.
        photos: Whether the photos are on the sheet; their licence may not let you show them.
        columns: How many sketches side by side.
        side: Side of a picture on the sheet in px, if not the generator's own.

    Returns:
        Where the sheet is.

    Raises:
        UserError: no generator, no held-out pairs or drawings, or a number below one.
    """
    if min(count, columns, side or 1) < 1:
        raise UserError(
            f"--count, --columns and --side should be 1 or more; got {count}, {columns} and {side}"
        )
    drawer = Generator.open(generator)
    targets = []
    if drawings:
        sketches = sheets.spread(load_drawings(drawings, drawer.size), count)
    else:
        sketches, *targets = (
            sheets.spread(side, count) for side in drawer.dataset(data).test.load()
        )
    rows = [sketches, drawer(sketches), *(targets if photos else [])]
    rows = [sheets.resize(row, side or drawer.size) for row in rows]
    path = out or (generator if generator.is_dir() else generator.parent) / "preview.png"
    files.write_image(path, sheets.sheet(*rows, columns=columns))
    return path
