"""A larger generator to learn from: distillation (Hinton et al. 2015; Li et al. 2020)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.errors import UserError
from training.networks.inputs import MEAN_LOOK, look_of
from training.networks.resized import resized
from training.runs.folder import Run, load_generator
from training.size import Size
from training.transfer.background import blur_where_empty
from training.transfer.bundle import CARD, Bundle, read_bundle
from training.transfer.looks import fold_look
from training.transfer.tflite_weights import float_format, generator_of_bundle


def load_teacher(folder: Path, size: Size, *, blur_empty: bool = False) -> Callable[[Any], Any]:
    """Open the generator of a run folder, or of a bundle with a float file, as a plain function.

    It makes photos float32 [B, H, W, 3] in [-1, 1] of sketches of the same kind. As it is no
    layer, what calls it neither trains nor keeps its weights. With `blur_empty`, what it makes up
    where a sketch is empty is put out of focus.

    Raises:
        UserError: neither is there, it is damaged, or it cannot generate pictures of this size.
    """
    if (folder / "config.json").is_file():
        teacher = load_generator(Run.open(folder))
    else:
        teacher = generator_of_bundle(_bundle(folder))
    shape = teacher.inputs[0].shape[1:]
    if shape[2:] != (3,):
        raise UserError(
            f"the teacher in {folder} takes {list(shape)}; expected one of pictures in colour, as "
            f"the pairs are"
        )
    if look_of(teacher):  # Whoever learns gives its picture other looks by arithmetic.
        mean = [MEAN_LOOK] * look_of(teacher)
        teacher = fold_look(teacher, mean)
    teacher = resized(teacher, size)
    teacher.trainable = False  # Or a gradient tape would keep all that it computes.

    def teach(sketch: Any) -> Any:
        photo = teacher(sketch, training=False)
        return blur_where_empty(sketch, photo) if blur_empty else photo

    return teach


def weights_file(folder: Path) -> Path:
    """Name the file that `load_teacher` reads the weights from.

    Raises:
        UserError: `folder` is neither a run folder nor a bundle with a float file.
    """
    if (folder / "config.json").is_file():
        return Run.open(folder).weights("generator")
    bundle = _bundle(folder)
    return bundle.file(float_format(bundle))


def _bundle(folder: Path) -> Bundle:
    if not (folder / CARD).is_file():
        raise UserError(f"expected a run folder or a bundle to learn from at {folder}")
    return read_bundle(folder)
