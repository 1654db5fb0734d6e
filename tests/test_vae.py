"""What a trained VAE can do: reconstruct what it was shown, and go from one picture to another."""

import keras
import numpy as np
import pytest

from training.data.batches import Batches
from training.recipes.vae import LATENT, PRESETS

pytestmark = pytest.mark.slow

SIZE = 28


def bars() -> np.ndarray:
    """Ten pictures uint8 [10, S, S, 1]: a bright bar, each time in another column."""
    pictures = np.zeros((10, SIZE, SIZE, 1), np.uint8)
    for number, picture in enumerate(pictures):
        picture[4:24, 2 * number + 4 : 2 * number + 7] = 255
    return pictures


@pytest.fixture(scope="module")
def trained():
    chosen = next(iter(PRESETS.values()))
    model = chosen.build(SIZE, 0)
    model.compile(optimizer=chosen.optimizer())
    labels = np.arange(10, dtype=np.int32)
    stream = Batches((bars().repeat(600, axis=0), labels.repeat(600)), 60)
    model.fit(stream, epochs=6, shuffle=False, verbose=0)
    return model


def drawn(model, points) -> np.ndarray:
    """The decoder's pictures of points [N, 10], in pixels: [N, S, S, 1]."""
    pictures = model.networks["generator"](points, training=False)
    return 127.5 * (keras.ops.convert_to_numpy(pictures) + 1)


def means(model) -> np.ndarray:
    pictures = bars().astype(np.float32) / 127.5 - 1
    return keras.ops.convert_to_numpy(model.networks["encoder"](pictures, training=False)[0])


def distances(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Mean differences [N, M] of pictures, of 255."""
    return np.abs(some[:, None] - others[None].astype(np.float32)).mean(axis=(2, 3, 4))


def test_it_draws_again_what_it_was_shown(trained):
    apart = distances(drawn(trained, means(trained)), bars())
    np.testing.assert_array_equal(apart.argmin(axis=1), np.arange(10))
    assert np.diag(apart).max() < 0.25 * apart[~np.eye(10, dtype=bool)].mean()


def test_what_it_draws_from_noise_is_like_what_it_was_shown(trained):
    noise = np.random.default_rng(0).standard_normal((200, LATENT)).astype(np.float32)
    nearest = distances(drawn(trained, noise), bars()).argmin(axis=1)
    assert len(set(nearest)) >= 8  # Hardly a picture of the ten is never drawn.


def test_the_way_from_one_picture_to_another_has_no_jump(trained):
    one, other = means(trained)[[2, 7]]
    way = drawn(trained, np.linspace(one, other, 40, dtype=np.float32))
    ends = distances(way[[0, -1]], bars()).argmin(axis=1)
    np.testing.assert_array_equal(ends, [2, 7])
    steps = np.abs(np.diff(way, axis=0)).mean(axis=(1, 2, 3))
    assert steps.max() < 0.5 * np.abs(way[0] - way[-1]).mean()
