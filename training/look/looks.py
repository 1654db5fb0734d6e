"""The looks of a set of photos: measured over them, given to them, and told in the card.

A generator obeys a look because its photos do: in training each photo is changed at random, and its
look says how it came out. No distance to a photo contradicts that, and none has to be left out.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from training.look.backdrop import drawn_cells
from training.look.describe import DESCRIBED, RELATIVE, change, describe
from training.pixels import from_network, to_network

NAMES = DESCRIBED + RELATIVE
REACH = 2.5  # Standard deviations of the photos that a byte reaches on either side of its middle.
CHANGED = 0.75  # Share of the photos in training that get something else behind them.
PAIRS, BATCH = 256, 32  # That mean and deviation are measured on, and how many at a time.
LEAST = 0.02  # Of a deviation: a studio's ground is always the same.


class Looks:
    """The first `count` of `NAMES`, each in the range that the photos fill; of none, there is none.

    `mean` and `reach` [6] are of what describes the photos: what a byte's middle stands for, and
    how far it goes on either side.
    """

    def __init__(self, count: int):
        """Have no range yet: `measure` tells it."""
        self.count, self.described = count, min(count, len(DESCRIBED))
        self.mean, self.reach = np.zeros(6, np.float32), np.ones(6, np.float32)

    def measure(self, sketches: np.ndarray, photos: np.ndarray) -> None:
        """Measure the range over pairs, uint8 [N, H, W, 3] each: some, at equal distances."""
        if not self.count:
            return
        rows = np.unique(np.linspace(0, len(photos) - 1, PAIRS).astype(int))
        found = []
        for at in range(0, len(rows), BATCH):
            sketch, photo = (to_network(x[rows[at : at + BATCH]]) for x in (sketches, photos))
            found.append(ops.convert_to_numpy(describe(photo, drawn_cells(sketch))))
        values = np.concatenate(found)
        self.mean = values.mean(axis=0)
        self.reach = REACH * np.maximum(values.std(axis=0), LEAST)

    def about(self) -> dict[str, Any]:
        """`look`, for the card: names, what a byte's middle is, and a step, and looks to choose.

        Of what is relative, the middle is 0 and the end is 1.
        """
        if not self.count:
            return {}
        look = {
            "names": list(NAMES[: self.count]),
            "mean": [round(float(x), 4) for x in self.mean[: self.described]],
            "step": [round(float(x) / 127.5, 6) for x in self.reach[: self.described]],
            "palette": [
                {"name": name, "look": self.bytes_of(values)} for name, values in PALETTE.items()
            ],
        }
        return {"look": look}

    def bytes_of(self, values: tuple[float, ...]) -> list[int]:
        """The bytes [count] for values of `DESCRIBED`; what is relative stays as it is."""
        code = np.concatenate([(np.array(values) - self.mean) / self.reach, np.zeros(2)])
        pixels = from_network(code[: self.count])
        return [int(x) for x in np.clip(np.floor(pixels + 0.5), 0, 255)]

    def pairs(
        self, sketch: Any, photo: Any, seed: keras.random.SeedGenerator, taught: Any = None
    ) -> tuple[Any, Any, Any]:
        """What to train with: a generator's inputs, the photo, and what it is to come near to.

        That is the photo, too, or `taught`, what a teacher makes of the sketch. Pictures are
        [B, H, W, 3] in [-1, 1]; with looks, both have the look that goes into the generator.
        """
        if not self.count:
            return sketch, photo, photo if taught is None else taught
        photo, look = self.vary(sketch, photo, seed)
        target = photo if taught is None else self.apply(sketch, taught, look)
        return [sketch, look], photo, target

    def vary(self, sketch: Any, photo: Any, seed: keras.random.SeedGenerator) -> tuple[Any, Any]:
        """Change photos [B, H, W, 3] in [-1, 1] at random; give them, and their looks.

        Looks are float [B, 1, 1, count] in [-1, 1], a byte as a pixel is. What is behind a thing
        takes its colour after another photo of the batch, and the rest after a third: whatever a
        hand can ask for comes, and mostly what there is.
        """
        drawn = drawn_cells(sketch)
        own = describe(photo, drawn)
        colour, rest = (ops.roll(own, by, axis=0) for by in (1, 2))
        wanted = ops.concatenate([colour[:, :3], rest[:, 3:]], axis=1)
        count = ops.shape(photo)[0]
        changed = keras.random.uniform((count, 1), seed=seed) < CHANGED
        relative = keras.random.truncated_normal((count, len(RELATIVE)), 0.0, 0.5, seed=seed)
        code = ops.concatenate([self._code(ops.where(changed, wanted, own)), relative], axis=1)
        photo = self._changed(photo, drawn, own, code)
        came_out = self._code(describe(photo, drawn))
        look = ops.concatenate([came_out, relative], axis=1)[:, : self.count]
        return photo, ops.reshape(look, (-1, 1, 1, self.count))

    def apply(self, sketch: Any, photo: Any, look: Any) -> Any:
        """Give photos, or what a teacher without looks made, a look as `vary` does."""
        drawn = drawn_cells(sketch)
        own = describe(photo, drawn)
        code = ops.reshape(look, (-1, self.count))
        rest = ops.zeros((1, len(NAMES) - self.count)) + ops.zeros_like(own[:, :1])
        return self._changed(photo, drawn, own, ops.concatenate([code, rest], axis=1))

    def _changed(self, photo: Any, drawn: Any, own: Any, code: Any) -> Any:
        """Change photos to what a code [B, 8] says; what there is no byte for stays as it is."""
        wanted = code[:, : len(DESCRIBED)] * self.reach + self.mean
        wanted = ops.concatenate([wanted[:, : self.described], own[:, self.described :]], axis=1)
        known = np.arange(len(DESCRIBED), len(NAMES)) < self.count
        relative = code[:, len(DESCRIBED) :] * known.astype(np.float32)
        return change(photo, drawn, own, wanted, relative)

    def _code(self, values: Any) -> Any:
        return ops.clip((values - self.mean) / self.reach, -1.0, 1.0)


# What one may find behind a flower or a thing, in the order of `DESCRIBED`.
PALETTE = {
    "dark_garden": (0.16, 0.0, 0.05, 0.06, 0.02, 0.0),
    "meadow": (0.42, 0.14, 0.12, 0.10, 0.03, 0.0),
    "sky": (0.62, -0.28, 0.0, 0.05, -0.06, 0.0),
    "evening": (0.38, 0.30, -0.03, 0.08, -0.10, 0.08),
    "snow": (0.86, -0.03, 0.0, 0.05, 0.04, 0.0),
    "night": (0.06, -0.03, 0.0, 0.04, 0.02, 0.0),
    "earth": (0.30, 0.14, 0.0, 0.10, 0.0, 0.0),
    "studio": (0.55, 0.02, 0.0, 0.02, 0.08, 0.05),
}
