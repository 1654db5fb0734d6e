"""The three ways to draw: pure functions of a scene and a generator of random numbers."""

import cv2
import numpy as np

from training.prepare.sketches.canvas import Canvas
from training.prepare.sketches.colours import flatten
from training.prepare.sketches.drawing import Drawing
from training.prepare.sketches.scene import Scene


def blobs(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """The tutorial's recipe: greens to black, blur, posterise, blur, smooth between edges.

    Where there are no plants, what is behind the thing is what becomes black.

    Gives uint8 [H, W, 3] RGB, as the photo is; `rng` picks the number of colours.
    """
    height, width = scene.photo.shape[:2]
    image = cv2.GaussianBlur(scene.image, (0, 0), 1.5)
    kept = ~scene.green if scene.plants else scene.thing
    labels, colours = flatten(image, kept, int(rng.integers(4, 7)))
    canvas = Canvas(height, width, rng)
    canvas.regions(labels, colours, 2.0)
    soft = canvas.finish(wobble=0, blur=3)
    return cv2.bilateralFilter(soft, 7, 50, 7 * min(height, width) / 256)


def outline(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """The contours as coloured strokes of a brush's width, 3 to 16 px at 256.

    Gives uint8 [H, W, 3] RGB, as the photo is; `rng` picks width, gaps and wobble.
    """
    drawing = Drawing(scene, rng)
    drawing.contours(rng.uniform(3, 16))
    return drawing.canvas.finish(rng.uniform(1, 4))


def mixed(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """One of everything a person might do with a brush on a black canvas, at random.

    Gives uint8 [H, W, 3] RGB, as the photo is. A way to treat the background, then one to draw the
    thing, pens, parts left out and a wobble are picked by `rng`.
    """
    drawing = Drawing(scene, rng)
    way = rng.choice(
        ["regions", "flat", "soft", "outline", "inked", "scribble"],
        p=[0.29, 0.24, 0.13, 0.16, 0.11, 0.07],
    )
    lined = way in ("outline", "scribble")
    drawing.background(dropped=0.8 if lined else 0.58, everything=0.05 if lined else 0.16)
    match way:
        case "regions" | "soft":
            drawing.flat_regions()
        case "flat":
            drawing.one_colour()
        case "outline":
            drawing.contours(rng.uniform(3, 16))
        case "inked":
            drawing.flat_regions() if rng.random() < 0.4 else drawing.one_colour()
            drawing.contours(rng.uniform(3, 6), inked=True)
        case "scribble":
            drawing.scribbled()
    blur = rng.uniform(2, 7) if way == "soft" else 0
    return drawing.canvas.finish(rng.uniform(1, 5), blur)
