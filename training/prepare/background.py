"""Blur the parts of a photo that its sketch leaves empty, as a wide lens does.

An empty canvas says nothing of what was behind the thing. A generator that has to invent sharp
leaves there invents ripples; soft ones it can guess.
"""

import cv2
import numpy as np

from training.canvas import DRAWN
from training.prepare.sketches.scene import Scene

# Standard deviations of the blur in px of a 256 px photo, next to the thing and far behind it.
NEAR, FAR = 2.0, 4.0
# Distances from the thing, likewise: where the blur begins and is whole, where it is far behind.
EDGE, WHOLE, BEHIND = 1.0, 9.0, 40.0


def focus_on_drawn(scene: Scene, sketch: np.ndarray) -> np.ndarray:
    """Keep the scene's photo sharp on its thing and under the sketch's strokes, and blur the rest.

    Photo and sketch uint8 [H, W, 3] RGB, the sketch on a black canvas; gives uint8 [H, W, 3].
    What is blurred is averaged with other blurred parts only: a red flower leaves no red halo.
    """
    photo = scene.photo
    height, width = photo.shape[:2]
    scale = min(height, width) / 256
    thing = scene.thing.astype(np.float32)
    sharp = cv2.resize(thing, (width, height), interpolation=cv2.INTER_CUBIC) > 0.5
    sharp |= sketch.max(axis=2) > DRAWN
    distance = cv2.distanceTransform((~sharp).astype(np.uint8), cv2.DIST_L2, 5) / scale

    # Pixels beside an edge hold some of the thing: they count less.
    weight = np.clip((distance - 2 * EDGE) / (WHOLE - 2 * EDGE), 1e-4, 1).astype(np.float32)
    weight = weight[..., None]
    weighted = photo * weight

    def blurred(sigma: float) -> np.ndarray:
        total = cv2.GaussianBlur(weight, (0, 0), sigma * scale)[..., None]
        return cv2.GaussianBlur(weighted, (0, 0), sigma * scale) / total

    behind = _ramp(distance, WHOLE, BEHIND)
    soft = blurred(NEAR) * (1 - behind) + blurred(FAR) * behind
    share = _ramp(distance, EDGE, WHOLE)
    return np.rint(photo * (1 - share) + soft * share).clip(0, 255).astype(np.uint8)


def _ramp(distance: np.ndarray, start: float, end: float) -> np.ndarray:
    return np.clip((distance - start) / (end - start), 0, 1)[..., None]
