"""How different the answers to one drawing are, of looks, and whether what is drawn stays."""

from collections.abc import Sequence

import numpy as np

from training.canvas import DRAWN
from training.errors import UserError
from training.evaluation.features import FeatureNetwork
from training.evaluation.generators import Generator
from training.runs import sheets
from training.runs.samples import random_looks

DRAWINGS, LOOKS = 24, 8  # At equal distances over all, and of each so many answers.
MOVED = 40  # of 255, in any channel, between two looks: another colour to the eye.


def variety(
    generator: Generator,
    sketches: np.ndarray,
    apart: float | None = None,
    network: FeatureNetwork | None = None,
) -> dict[str, float]:
    """Compare the answers of random looks to one sketch with each other, over some sketches.

    Args:
        generator: one that takes looks.
        sketches: uint8 [N, H, W, 3], on a black canvas.
        apart: how far apart two real photos are in features (see `mean_distance`).
        network: what these features are of; without both `spread` is not measured.

    Returns:
        `moved`, the share of drawn pixels whose colour differs by more than 40 of 255 between one
        look and the next; and `spread`, the mean distance in features of two answers to a drawing,
        over that of two photos.
    """
    chosen = sheets.evenly_spaced(sketches, DRAWINGS)
    looks = np.tile(random_looks(LOOKS, generator.look), (len(chosen), 1, 1, 1))
    answers = generator({"sketch": chosen.repeat(LOOKS, axis=0), "look": looks})
    of_each = answers.reshape(len(chosen), LOOKS, *answers.shape[1:])
    changes = np.abs(np.diff(of_each.astype(int), axis=1)).max(axis=4).transpose(0, 2, 3, 1)
    measured = {"moved": float((changes[chosen.max(axis=3) > DRAWN] > MOVED).mean())}
    if network and apart:
        features = network(answers).reshape(len(chosen), LOOKS, -1)
        measured["spread"] = float(np.mean([*map(mean_distance, features)])) / apart
    return measured


def mean_distance(features: np.ndarray, kinds: Sequence[str] = ()) -> float:
    """The mean Euclidean distance of two rows of features [N, D], where told of one kind.

    Raises:
        UserError: no two are of one kind.
    """
    squares = np.square(features).sum(axis=1)
    between = squares[:, None] + squares[None] - 2 * features @ features.T
    rows, columns = np.triu_indices(len(features), 1)
    if len(kinds):
        alike = np.asarray(kinds)[rows] == np.asarray(kinds)[columns]
        rows, columns = rows[alike], columns[alike]
    if not len(rows):
        raise UserError("no two photos are of one kind: there is nothing to compare a spread with")
    return float(np.sqrt(np.maximum(between[rows, columns], 0)).mean())
