"""Which half of a generated picture is far from photos: the thing that is drawn, or its ground.

Each half is taken from the photo instead, also out of focus, and KID is measured of what comes out.

    python -m tests.benchmarks.things_and_grounds GENERATOR --data DATA --features FEATURES.tflite

GENERATOR is a run, or an exported `.tflite` file.
"""

from pathlib import Path

import cv2
import numpy as np
import tyro
from keras import ops

from training.evaluation.evaluate import THUMBNAIL, kernel_distances
from training.evaluation.features import FeatureNetwork
from training.evaluation.generators import Generator
from training.look.backdrop import backdrop_share, drawn_cells
from training.pixels import to_network
from training.runs import sheets
from training.size import with_short_side

BLUR = 6.0  # Standard deviation, in pixels, of a ground out of focus.
BATCH = 16


def compare(
    generator: tyro.conf.Positional[Path], /, *, data: Path | None = None, features: Path
) -> None:
    """Print a row of a Markdown table for each way to put a picture together.

    Args:
        generator: Run folder, or exported .tflite file, that makes pictures of sketches.
        data: Dataset folder; by default the one that a run was trained on.
        features: Feature network (.tflite) that KID compares pictures by.
    """
    opened, network = Generator.open(generator), FeatureNetwork(features)
    sketches, photos = (np.asarray(x) for x in opened.held_out(opened.dataset(data)))
    generated = opened(opened.with_looks(sketches))
    grounds = _grounds(sketches, photos)
    soft = np.stack([cv2.GaussianBlur(photo, (0, 0), BLUR) for photo in photos])
    sizes = opened.size, with_short_side(opened.size, THUMBNAIL)
    real, given = ([network(sheets.resize(x, size)) for size in sizes] for x in (photos, sketches))
    print("| thing | ground | KID share, full size | 64 px |")
    print("|---|---|---:|---:|")
    things = {"generated": generated, "the photo's": photos}
    for thing, of_thing in things.items():
        for ground, of_ground in (things | {f"the photo's, blurred by {BLUR:g} px": soft}).items():
            if of_thing is of_ground is photos:
                continue  # It is what the others are compared with.
            made = np.rint(of_thing * (1 - grounds) + of_ground * grounds).astype(np.uint8)
            seen = [network(sheets.resize(made, size)) for size in sizes]
            rows = zip(given, seen, real, strict=True)
            shares = (f"{kernel_distances(*row)['kid_share']:.3f}" for row in rows)
            print(f"| {thing} | {ground} | {' | '.join(shares)} |", flush=True)


def _grounds(sketches: np.ndarray, photos: np.ndarray) -> np.ndarray:
    """How much of each pixel is ground, float32 [N, H, W, 1] in 0..1."""
    shares = []
    for at in range(0, len(photos), BATCH):
        sketch, photo = (to_network(x[at : at + BATCH]) for x in (sketches, photos))
        pixels = (photo + 1) / 2
        shares.append(ops.convert_to_numpy(backdrop_share(pixels, drawn_cells(sketch))))
    return np.concatenate(shares)


if __name__ == "__main__":
    tyro.cli(compare)
