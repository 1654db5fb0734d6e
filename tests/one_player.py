"""Let one player of a game learn while the others stand still, then the next, in one graph."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from training.adversarial import AdversarialModel


class OneAlone(AdversarialModel):
    """A model in which the losses of all players but one are multiplied by nothing.

    Whose turn it is, is a variable: a graph takes longer to build than many steps.
    """

    turns: dict[str, keras.Variable]

    def losses(self, batch):
        """Every player's loss, times 1 or 0."""
        losses, logs = super().losses(batch)
        shares = {name: keras.ops.cast(self.turns[name], x.dtype) for name, x in losses.items()}
        return {name: x * shares[name] for name, x in losses.items()}, logs


def one_alone(model: Any) -> Any:
    """Make a model one in which a player learns alone: nobody, before `in_turn` is asked."""
    model.__class__ = type("Alone", (OneAlone, type(model)), {})
    model.turns = {name: keras.Variable(0.0, trainable=False) for name in model.players}
    return model


def in_turn(model: Any) -> Iterator[str]:
    """Give each player of a compiled model its turn, all from the same weights and moments."""
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    start = [np.array(keras.ops.convert_to_numpy(each.value)) for each in variables]
    for player in model.players:
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        model.turns[player].assign(1.0)
        yield player


def values(network: keras.Model) -> list[np.ndarray]:
    """What the variables of a network that learn hold."""
    return [keras.ops.convert_to_numpy(v.value) for v in network.trainable_variables]
