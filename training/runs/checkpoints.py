"""Checkpoints: everything a training needs to go on as if it had never stopped, in one file.

A checkpoint is an `.npz` of plain arrays: all variables of the model (networks, BatchNorm
statistics, random states) and of the optimizer (moments, averages, step), and where in the data
the run is. Names and shapes are compared before anything is changed.
"""

import dataclasses
import json
import re
import zipfile
from pathlib import Path

import keras
import numpy as np

from training import files
from training.backends import Devices
from training.errors import UserError


@dataclasses.dataclass(frozen=True)
class Position:
    """How far a run has come: whole epochs, images seen, seconds spent in `fit`."""

    epoch: int = 0
    images: int = 0
    seconds: float = 0.0


def state(model: keras.Model) -> dict[str, keras.Variable]:
    """All variables that a step reads or writes, by a name that is the same in every process."""
    variables = [*model.variables, *model.optimizer.variables]
    # Keras counts layers of a kind through the life of a process: conv2d_7 is not the seventh.
    return {f"{i:04d} {re.sub(r'_[0-9]+', '', v.name)}": v for i, v in enumerate(variables)}


def save(model: keras.Model, folder: Path, position: Position) -> None:
    """Write the checkpoint of this epoch, then remove older ones.

    Raises:
        UserError: no room; the last checkpoint is intact.
    """
    arrays = {name: keras.ops.convert_to_numpy(v.value) for name, v in state(model).items()}
    arrays["position"] = np.frombuffer(
        json.dumps(dataclasses.asdict(position)).encode(), dtype=np.uint8
    )
    path = folder / f"{position.epoch:05d}.npz"
    with files.replacing(path) as beside, open(beside, "wb") as file:
        # 1 KiB an array holds its header and its two entries in the archive.
        files.claim(file, sum(array.nbytes + 1024 for array in arrays.values()))
        np.savez(file, **arrays)
        file.truncate()
    for old in folder.glob("[0-9]*.npz"):
        if old != path:
            old.unlink()


def restore(model: keras.Model, folder: Path) -> Position:
    """Load the newest checkpoint into a built model and optimizer; the start if there is none.

    Raises:
        UserError: a checkpoint that cannot be read, or of another network or optimizer.
    """
    paths = sorted(folder.glob("[0-9]*.npz"))
    if not paths:
        return Position()
    try:
        with open(paths[-1], "rb") as file, np.load(file, allow_pickle=False) as contents:
            arrays = dict(contents)
        position = Position(**json.loads(arrays.pop("position").tobytes()))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{paths[-1]} cannot be read as a checkpoint: {error}") from None
    variables = state(model)
    for name in sorted(variables.keys() | arrays.keys()):
        expected = tuple(variables[name].shape) if name in variables else "nothing"
        found = arrays[name].shape if name in arrays else "nothing"
        if expected != found:
            raise UserError(
                f"{paths[-1]} is of another network: {name} should be {expected}, is {found}"
            )
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return position


def from_chief(model: keras.Model, position: Position, devices: Devices) -> Position:
    """Give the state and the position of the first machine to all; returns the position."""
    variables = list(state(model).values())
    *arrays, where = devices.from_chief(
        [
            *(keras.ops.convert_to_numpy(variable.value) for variable in variables),
            np.array(dataclasses.astuple(position), np.float64),
        ]
    )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return Position(int(where[0]), int(where[1]), float(where[2]))
