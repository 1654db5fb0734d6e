"""Run under the emulator: draw with a bundle's int8 file, as the sketchpad does.

python draw.py BUNDLE DRAWINGS.npy LOOKS.npy PICTURES.npy

Looks are uint8 [N, K], a row a drawing; of a model that takes none, of no bytes.
"""

import platform
import sys

import numpy as np

from demo.bundles import load_generator

bundle, drawings, looks, pictures = sys.argv[1:]
generator = load_generator(bundle, "tflite-int8")
given = zip(np.load(drawings), np.load(looks), strict=True)
np.save(pictures, np.stack([generator(drawing, look.tobytes()) for drawing, look in given]))
print(platform.machine())
