"""CycleGAN's sum of losses, worked by hand on networks that only multiply."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import layers

from training.recipes.cyclegan import PRESETS

SIZE = 64


def times(factor: float, outputs: int = 1) -> keras.Model:
    """Multiply pictures [B, S, S, 3]; a discriminator gives its features, and its answer last."""
    picture = keras.Input((SIZE, SIZE, 3))
    product = layers.Rescaling(factor)(picture)
    return keras.Model(picture, product if outputs == 1 else [picture, product])


@pytest.mark.parametrize(("identity", "expected"), [(0.0, 31.0), (4.0, 41.0)])
def test_the_losses_are_those_worked_by_hand(identity, expected):
    chosen = dataclasses.replace(PRESETS["fast"], size=SIZE, width=8, cycle=10.0, identity=identity)
    model = chosen.build(SIZE, 0)
    model.networks |= {"a_to_b": times(0.5), "b_to_a": times(-1.0)}
    model.networks |= {"discriminator_a": times(2.0, 2), "discriminator_b": times(2.0, 2)}
    photos = np.full((2, SIZE, SIZE, 3), 255, np.uint8)
    # a is 1 and b is -1: 0.5 and 1 are generated, which discriminators call 1 and 2, and come back
    # as -0.5 and 0.5. So coming back is off by 1.5 + 1.5, and what should stay is off by 2 (a) and
    # 0.5 (b).
    losses, logs = model.losses((photos, 0 * photos))
    assert float(logs["cycle"]) == pytest.approx(3.0)
    assert ("identity" in logs) == (identity > 0)
    if identity:
        assert float(logs["identity"]) == pytest.approx(2.5)
    assert float(losses["generators"]) == pytest.approx(
        expected
    )  # Discriminators add (2 - 1)² + 0.
    assert float(losses["discriminators"]) == pytest.approx(
        ((1 + 4) + (9 + 1)) / 2, abs=0.01
    )  # 8 bits
