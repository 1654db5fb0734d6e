"""preview: one sheet of inputs, what a generator makes of them, and the photos behind them."""

from pathlib import Path

from training import files, progress
from training.errors import UserError
from training.evaluation.generators import Generator, load_drawings
from training.networks.inputs import IMAGE_TO_IMAGE
from training.runs import sheets


def preview(
    generator: Path,
    /,
    *,
    name: str | None = None,
    out: Path | None = None,
    data: Path | None = None,
    drawings: Path | None = None,
    count: int = 12,
    photos: bool = True,
    columns: int = 6,
    side: int | None = None,
    looks: int = 1,
) -> Path:
    """Make a sheet: held-out sketches, what becomes of them, and the photos behind them.

    The sketches are unpicked: at equal distances over all that were held out, so that two runs on
    the same data show the same. Of a generator that takes noise: the first of a fixed seed.

    Args:
        generator: Run folder, or an exported .tflite file that takes pictures.
        name: Which of a run's generators, where it has several; the first by default.
        out: Picture to write; preview.png beside the weights by default.
        data: Dataset folder or name; the one that a run was trained on by default.
        drawings: Folder of drawings to show instead of held-out sketches.
        count: How many sketches, or pictures from noise.
        photos: Whether the photos are on the sheet; their licence may not let you show them.
        columns: How many sketches side by side.
        side: Shorter side of a picture on the sheet in px, if not the generator's own.
        looks: How many answers to each sketch, of random looks, always the same ones.

    Returns:
        Where the sheet is.

    Raises:
        UserError: no generator, no held-out pairs or drawings, a number below one, or several looks
            of a generator that takes none.
    """
    for option, value in (("count", count), ("columns", columns), ("side", side), ("looks", looks)):
        if value is not None and value < 1:
            raise UserError(f"--{option} should be 1 or more; got {value}")
    opened = Generator.open(generator, name)
    if looks > 1 and not opened.look:
        raise UserError(f"{opened.name} takes no look: --looks {looks} would be {looks} times one")
    targets = []
    if drawings:
        inputs = opened.with_looks(load_drawings(drawings, opened.size, count))
    else:
        dataset = opened.dataset(data)
        inputs = opened.inputs(dataset, count)
        if photos and dataset.paired and opened.task == IMAGE_TO_IMAGE:
            _, held_out = opened.held_out(dataset)
            targets.append(sheets.to_rgb(sheets.evenly_spaced(held_out, count)))
    seen = [sheets.to_rgb(inputs["sketch"])] if "sketch" in inputs else []
    answers = [opened(opened.with_looks(inputs["sketch"], n)) for n in range(1, looks)]
    rows = [*seen, opened(inputs), *answers, *targets]
    rows = [sheets.shown_at(row, side) if side else sheets.legible(row) for row in rows]
    path = out or (generator if generator.is_dir() else generator.parent) / "preview.png"
    files.write_image(path, sheets.sheet(*rows, columns=columns))
    progress.tell("sheet", path=path)
    return path
