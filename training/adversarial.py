"""AdversarialModel: several players, one train step, driven by `keras.Model.fit`; their Adam."""

from typing import Any

import keras
from keras import ops

from training.backends import AdversarialStep


class AdversarialModel(AdversarialStep, keras.Model):
    """Networks, the players that own them, and one loss a player.

    A subclass builds its networks, passes them here, and implements `losses`. Each player's loss
    is differentiated with respect to that player's variables alone; all gradients then go to one
    optimizer in one step. Adam works variable by variable, so one Adam over all players is the
    same as one Adam for each with equal settings.

    `looks` says which looks there are, where a model's pictures have any (`training/look/`): it is
    measured over the data before the first step, and told in the card.
    """

    looks: Any = None

    def __init__(
        self,
        networks: dict[str, keras.Model],
        players: dict[str, list[str]],
        logs: tuple[str, ...] = (),
        seed: int = 0,
    ):
        """Take the networks by name, who trains which, and what `losses` logs beside the losses.

        Raises:
            ValueError: a network that no player trains, or two do.
        """
        super().__init__()
        trained = sorted(name for names in players.values() for name in names)
        if trained != sorted(networks):
            raise ValueError(
                f"each network needs exactly one player; networks are {sorted(networks)}, "
                f"players train {trained}"
            )
        self.networks = networks
        self.players = players
        self.random = keras.random.SeedGenerator(seed)
        self.stage = 0
        self.trackers = {
            name: keras.metrics.Mean(name)
            for name in (*(f"{player}_loss" for player in players), *logs)
        }
        # There is no call(): the networks are built, hence so is the model, and Keras must
        # neither trace it nor drop its optimizer's state on restoring.
        self.built = True

    @property
    def metrics(self):
        """One running mean a loss and a log."""
        return list(self.trackers.values())

    def player_variables(self) -> dict[str, list]:
        """The trainable variables of each player, in the order of its networks."""
        return {
            player: [v for name in names for v in self.networks[name].trainable_variables]
            for player, names in self.players.items()
        }

    def stage_at(self, images: int) -> int:
        """The `stage` in which `losses` is to be compiled once so many images were seen.

        Most models have one. One that grows has more: the step is compiled anew for each.
        """
        return 0

    def losses(self, batch):
        """Map a batch to (one scalar loss a player, scalars to log); keras.ops only."""
        raise NotImplementedError

    def track(self, losses, logs) -> dict:
        """Update the running means and return them."""
        values = {f"{player}_loss": loss for player, loss in losses.items()} | logs
        if values.keys() != self.trackers.keys():
            raise ValueError(
                f"losses() logged {sorted(values)}; the model declared {sorted(self.trackers)}"
            )
        for name, value in values.items():
            self.trackers[name].update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}


def adam(
    learning_rate: float, beta_1: float, ema: float, halving: float = 0.0
) -> keras.optimizers.Adam:
    """One Adam for all players (Kingma & Ba 2015), which averages the weights where `ema` is > 0.

    `ema` is the decay a step of that average. `halving` is the number of steps in which the
    learning rate halves, again and again; 0 leaves it as it is.
    """
    rate: Any = learning_rate
    if halving:
        rate = keras.optimizers.schedules.ExponentialDecay(rate, halving, decay_rate=0.5)
    return AveragingAdam(rate, beta_1=beta_1, use_ema=ema > 0, ema_momentum=ema)


class AveragingAdam(keras.optimizers.Adam):
    """Adam whose average of the weights reaches back over the last steps only, from the start on.

    A decay of 0.999 remembers some thousand steps: after five hundred, more than half of the
    average would still be the weights that nobody has trained. After t steps the decay is
    (1 + t) / (10 + t) at most, as in TensorFlow's ExponentialMovingAverage: a tenth of the steps.
    """

    @property
    def ema_momentum(self):
        """The decay of the step that comes next; what was asked for, once it is the smaller one."""
        steps = ops.cast(self.iterations, "float32")
        return ops.minimum(self.ema_decay, (1 + steps) / (10 + steps))

    @ema_momentum.setter
    def ema_momentum(self, decay: float) -> None:
        self.ema_decay = decay

    def get_config(self) -> dict[str, Any]:
        """What it was made with: the decay as it was asked for."""
        return super().get_config() | {"ema_momentum": self.ema_decay}


class GrowingAdam(AveragingAdam):
    """Adam for networks that grow: corrects its bias by the steps of each variable, not of all.

    A layer that joins late has had no gradient but zero. Its moments are 0 then, as at the start,
    but plain Adam takes them for those of a long average: with beta_2 of 0.99 the first update
    would be ten times the learning rate.
    """

    def build(self, variables):
        """Make a count of steps for each variable, beside Adam's moments."""
        if not self.built:
            super().build(variables)
            self._own_steps = [
                self.add_variable((), "zeros", "int32", name="own_steps") for _ in variables
            ]

    def update_step(self, gradient, variable, learning_rate):
        """Update a variable; its own steps count from its first gradient that is not zero."""
        own = self._own_steps[self._get_variable_index(variable)]
        moves = ops.logical_or(own > 0, ops.any(ops.not_equal(gradient, 0)))
        self.assign_add(own, ops.cast(moves, "int32"))
        correction = self._correction(ops.maximum(own, 1))
        share = correction / self._correction(self.iterations + 1)
        super().update_step(gradient, variable, ops.cast(learning_rate, "float32") * share)

    def _correction(self, steps):
        steps = ops.cast(steps, "float32")
        return ops.sqrt(1 - ops.power(self.beta_2, steps)) / (1 - ops.power(self.beta_1, steps))
