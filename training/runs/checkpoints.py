"""Checkpoints: everything a training needs to go on as if it had never stopped, in one file.

A checkpoint is an `.npz` of plain arrays: all variables of the model (networks, BatchNorm
statistics, random states) and of the optimizer (moments, averages, step), and where in the data
the run is. Names and shapes are compared before anything is changed. The two newest are kept, for
the newest may be damaged.
"""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training import files
from training.backends import Devices
from training.errors import UserError


@dataclasses.dataclass(frozen=True)
class Position:
    """How far a run has come: whole epochs, images seen, seconds spent in `fit`.

    And the seconds that its longest epoch took; 0 in a checkpoint of an earlier version.
    """

    epoch: int = 0
    images: int = 0
    seconds: float = 0.0
    longest: float = 0.0


def state(model: keras.Model) -> dict[str, keras.Variable]:
    """All variables that a step reads or writes, by a name that is the same in every process."""
    variables = [*model.variables, *model.optimizer.variables]
    # Keras counts layers of a kind through the life of a process: conv2d_7 is not the seventh.
    return {f"{i:04d} {re.sub(r'_[0-9]+', '', v.name)}": v for i, v in enumerate(variables)}


def copied(model: keras.Model) -> dict[str, np.ndarray]:
    """Copy the values of all these variables: what a step does next is not in them."""
    # On a CPU `convert_to_numpy` may give the very memory that a step works in.
    variables = state(model).items()
    return {name: np.array(keras.ops.convert_to_numpy(v.value)) for name, v in variables}


def save(values: dict[str, np.ndarray], folder: Path, position: Position) -> None:
    """Write the checkpoint of this epoch; keep the one before it, and remove all others.

    Raises:
        UserError: no room; the last checkpoint is intact.
    """
    where = json.dumps(dataclasses.asdict(position)).encode()
    arrays = values | {"position": np.frombuffer(where, dtype=np.uint8)}
    path = folder / f"{position.epoch:05d}.npz"
    with files.replacing(path) as beside, open(beside, "wb") as file:
        # 1 KiB an array holds its header and its two entries in the archive.
        files.claim(file, sum(array.nbytes + 1024 for array in arrays.values()))
        np.savez(file, **arrays)
        file.truncate()
    before = [old for old in _all(folder) if old.name < path.name]
    for old in _all(folder):
        if old not in (path, *before[-1:]):
            old.unlink()


def restore(model: keras.Model, folder: Path) -> Position:
    """Load the newest checkpoint into a built model and optimizer; the start if there is none.

    One that is damaged is passed over, with a line that says so, for the one before it.

    Raises:
        UserError: no checkpoint that can be read, or all are of another network or optimizer.
    """
    reasons: list[UserError] = []
    for path in reversed(_all(folder)):
        try:
            position, arrays = _read(path, state(model))
        except UserError as error:
            reasons.append(error)
            continue
        for reason in reasons:
            print(f"{reason}; going on from {path.name}")
        for name, variable in state(model).items():
            variable.assign(arrays[name])
        return position
    if reasons:
        raise UserError(
            f"{reasons[0]}; nor is there another to go on from: begin anew, in another --run folder"
        )
    return Position()


def _all(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the oldest first."""
    return sorted(folder.glob("[0-9]*.npz"))


def _read(path: Path, variables: dict[str, keras.Variable]) -> tuple[Position, dict[str, Any]]:
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as contents:
            arrays = dict(contents)
        position = Position(**json.loads(arrays.pop("position").tobytes()))
    except Exception as error:
        # BadZipFile, zlib.error, EOFError, struct.error: an archive breaks in as many ways as it
        # has bytes, and nothing but this file is in play here.
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(f"{path} cannot be read as a checkpoint: {reason}") from None
    for name in sorted(variables.keys() | arrays.keys()):
        expected = tuple(variables[name].shape) if name in variables else "nothing"
        found = arrays[name].shape if name in arrays else "nothing"
        if expected != found:
            raise UserError(
                f"{path} is of another network: {name} should be {expected}, is {found}"
            )
    return position, arrays


def from_chief(model: keras.Model, position: Position, devices: Devices) -> Position:
    """Give the state and the position of the first machine to all; returns the position."""
    variables = list(state(model).values())
    *arrays, where = devices.from_chief(
        [
            *copied(model).values(),
            np.array(dataclasses.astuple(position), np.float64),
        ]
    )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return Position(int(where[0]), int(where[1]), float(where[2]), float(where[3]))
