"""Photo to sketch, as a person with a brush would draw it on a black canvas.

`SKETCHES` names the styles. Each is a pure function of a `Scene`, which `analyse` makes of a photo,
and a `numpy.random.Generator`; it gives a sketch of the photo's shape: no state, no order of calls.
"""

from collections.abc import Callable

import numpy as np

from training.prepare.sketches.scene import Scene
from training.prepare.sketches.styles import blobs, mixed, outline

Sketch = Callable[[Scene, np.random.Generator], np.ndarray]

SKETCHES: dict[str, Sketch] = {"blobs": blobs, "outline": outline, "mixed": mixed}

# Raised whenever a style, or prepare/background.py, draws differently: pairs are made again.
VERSION = 1
# Likewise, whenever what `things.py` finds, or what is drawn of anything but plants, is another.
THINGS_VERSION = 2
