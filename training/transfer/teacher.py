"""A larger generator to learn from: distillation (Hinton et al. 2015; Li et al. 2020)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from training.errors import UserError
from training.recipes import recipe_from
from training.runs.folder import Run, load_generator
from training.transfer.background import soften_empty
from training.transfer.bundle import NAME, Bundle, read_bundle
from training.transfer.tflite_weights import FLOAT, read_weights


def load_teacher(folder: Path, size: int, *, soft: bool = False) -> Callable[[Any], Any]:
    """Open the generator of a run folder, or of a bundle with a float file, as a plain function.

    It makes photos float32 [B, size, size, 3] in [-1, 1] of sketches of the same kind. As it is no
    layer, what calls it neither trains nor keeps its weights. What it makes up where a sketch is
    empty is put out of focus if it is to be `soft`.

    Raises:
        UserError: neither is there, it is damaged, or it draws pictures of another size.
    """
    if (folder / "config.json").is_file():
        teacher = load_generator(Run.open(folder))
    else:
        teacher = _of_bundle(folder)
    if teacher.input_shape[1:] != (size, size, 3):
        raise UserError(
            f"the teacher in {folder} takes {list(teacher.input_shape[1:])}; expected one of "
            f"pictures of {size} px, as the pairs are"
        )
    teacher.trainable = False  # Or a gradient tape would keep all that it computes.

    def teach(sketch: Any) -> Any:
        photo = teacher(sketch, training=False)
        return soften_empty(sketch, photo) if soft else photo

    return teach


def weights_file(folder: Path) -> Path:
    """Name the file that `load_teacher` reads the weights from.

    Raises:
        UserError: `folder` is neither a run folder nor a bundle with a float file.
    """
    if (folder / "config.json").is_file():
        return Run.open(folder).weights("generator")
    return _float_file(_bundle(folder))


def _of_bundle(folder: Path) -> keras.Model:
    bundle = _bundle(folder)
    path = _float_file(bundle)
    teacher = recipe_from(bundle.card["training"]).build_generator(bundle.size, seed=0)
    read_weights(path, teacher)
    return teacher


def _bundle(folder: Path) -> Bundle:
    if not (folder / NAME).is_file():
        raise UserError(f"expected a run folder or a bundle to learn from at {folder}")
    return read_bundle(folder)


def _float_file(bundle: Bundle) -> Path:
    key = next((key for key in FLOAT if key in bundle.files), None)
    if key is None:
        raise UserError(f"{bundle.folder} has no float16 or float32 file to learn from")
    return bundle.file(key)
