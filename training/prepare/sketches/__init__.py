"""Photo to sketch, as a person with a brush would draw it on a black canvas.

`SKETCHES` names the styles. Each is a pure function of a photo, uint8 [H, H, 3] RGB, and a
`numpy.random.Generator`, and gives a sketch of the same shape: no state, no order of calls.
"""

from collections.abc import Callable

import numpy as np

from training.prepare.sketches.styles import blobs, mixed, outline

Sketch = Callable[[np.ndarray, np.random.Generator], np.ndarray]

SKETCHES: dict[str, Sketch] = {"blobs": blobs, "outline": outline, "mixed": mixed}

# Raised whenever a style, or prepare/background.py, draws differently: pairs are made again.
VERSION = 1
