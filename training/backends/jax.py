"""The adversarial train step on JAX: one `jax.vjp`, pulled back once for each player.

What a pullback computes for other players' variables is never used, and XLA drops it.
"""

import logging

import jax
import keras


def _in_one_line(record: logging.LogRecord) -> bool:
    """Say of a plugin why it cannot be used, without the traceback: without a card none can."""
    if record.exc_info and isinstance(record.args, tuple):
        record.msg, record.args = "JAX cannot use %s: %s", (*record.args, record.exc_info[1])
        record.exc_info = None
    return True


logging.getLogger("jax._src.xla_bridge").addFilter(_in_one_line)


def configure(precision: str) -> None:
    """Nothing to configure."""


class AdversarialStep:
    """Mixin for `keras.Model`: `train_step` over `losses`, `player_variables` and `track`."""

    def train_step(self, state, batch):
        """One forward pass, one gradient a player, one optimizer step; returns logs and state."""
        trainable, non_trainable, optimizer, metrics = state
        players = list(self.player_variables())

        def forward(values):
            mapping = [
                *zip(self.trainable_variables, values, strict=True),
                *zip(self.non_trainable_variables, non_trainable, strict=True),
                *zip(self.optimizer.variables, optimizer, strict=True),
            ]
            with keras.StatelessScope(state_mapping=mapping) as scope:
                losses, logs = self.losses(batch)
                scaled = tuple(self.optimizer.scale_loss(losses[player]) for player in players)
            return scaled, (losses, logs, _current(scope, self.non_trainable_variables))

        scaled, pullback, (losses, logs, non_trainable) = jax.vjp(forward, trainable, has_aux=True)
        position = {id(v): i for i, v in enumerate(self.trainable_variables)}
        gradients = [None] * len(trainable)
        for player, variables in self.player_variables().items():
            ones = tuple(
                jax.numpy.full_like(loss, player == name)
                for name, loss in zip(players, scaled, strict=True)
            )
            (pulled,) = pullback(ones)
            for variable in variables:
                gradients[position[id(variable)]] = pulled[position[id(variable)]]
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)

        mapping = list(zip(self.metrics_variables, metrics, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            logs = self.track(losses, logs)
        metrics = _current(scope, self.metrics_variables)
        return logs, (trainable, non_trainable, optimizer, metrics)


def _current(scope, variables):
    return [scope.get_current_value(variable) for variable in variables]


def batch_moments_and_normalize(x, gamma, beta, epsilon: float):
    """Normalise float32 [B, H, W, C] by its own moments; returns (y, mean [C], variance [C])."""
    mean, variance = keras.ops.moments(x, axes=(0, 1, 2))
    y = keras.ops.batch_normalization(x, mean, variance, -1, beta, gamma, epsilon)
    return y, mean, variance


def accelerator() -> str | None:
    """Name the GPU or TPU that trains, None on a CPU."""
    device = jax.devices()[0]
    return None if device.platform == "cpu" else device.device_kind


def accelerator_peak() -> int | None:
    """Bytes of the GPU's memory that were taken at most so far; None where it is not known."""
    device = jax.devices()[0]
    told = None if device.platform == "cpu" else device.memory_stats()
    return told.get("peak_bytes_in_use") if told else None
