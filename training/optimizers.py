"""Adam that averages the weights and slows down when asked."""

from typing import Any

import keras


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
    return keras.optimizers.Adam(rate, beta_1=beta_1, use_ema=ema > 0, ema_momentum=ema)
