"""Draw the noisy digits again: `python -m tests.drawings.digits` writes the denoiser's examples.

Each is a few chalk strokes on a canvas of 28 px, under the noise that the denoiser was trained on.
"""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "demo" / "models" / "denoise" / "examples"
SIZE, OVER = 28, 8  # Drawn larger and made smaller, for smooth edges.
NOISE = 0.5  # Deviation, as a share of the way from black to white.

Point = tuple[float, float]


def arc(centre: Point, radii: Point, start: float, end: float) -> list[Point]:
    """Points (x, y) of a part of an ellipse, angles in degrees, 0 to the right, clockwise."""
    angles = np.radians(np.linspace(start, end, 40))
    return [(centre[0] + radii[0] * np.cos(a), centre[1] + radii[1] * np.sin(a)) for a in angles]


DIGITS: list[list[list[Point]]] = [
    [arc((14, 14), (5, 8), -90, 270)],
    [[(11, 9), (15, 5), (15, 23)]],
    [[*arc((14, 10), (5, 5), -170, 30), (9, 22)], [(9, 22), (20, 22)]],
    [arc((13, 9.5), (5, 4.5), -150, 90), arc((13, 18), (6, 4.5), -90, 150)],
    [[(16, 5), (8, 17), (21, 17)], [(17, 11), (16, 24)]],
    [[(19, 6), (11, 6), (10, 13)], arc((13, 17), (6, 5.5), -110, 150)],
    [[*arc((19, 17), (10, 13), -110, -180), *arc((14, 18), (5, 5), 180, 540)]],
    [[(8, 7), (20, 6), (13, 23)]],
    [arc((14, 9.5), (4, 4.5), 90, 450), arc((14, 18.5), (5, 4.5), -90, 270)],
    [[*arc((13, 10), (5, 5), 360, 0), (17, 23)]],
]


def digit(value: int) -> np.ndarray:
    """Draw one: uint8 [28, 28], white on black."""
    canvas = np.zeros((SIZE * OVER, SIZE * OVER), np.uint8)
    for line in DIGITS[value]:
        points = np.rint(np.array(line) * OVER).astype(np.int32)
        cv2.polylines(canvas, [points], False, 255, round(2.4 * OVER), cv2.LINE_AA)
    return cv2.resize(canvas, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def main() -> None:
    """Write all ten."""
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for value in range(len(DIGITS)):
        noisy = digit(value) + 255 * NOISE * rng.standard_normal((SIZE, SIZE))
        pixels = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).convert("RGB").save(EXAMPLES / f"{value}.png", optimize=True)


if __name__ == "__main__":
    main()
