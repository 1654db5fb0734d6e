"""Run under the emulator: draw with a bundle's int8 file, as the sketchpad does.

python draw.py BUNDLE DRAWINGS.npy PICTURES.npy
"""

import platform
import sys

import numpy as np

from demo.bundles import load_generator

bundle, drawings, pictures = sys.argv[1:]
generator = load_generator(bundle, "tflite-int8")
np.save(pictures, np.stack([generator(drawing) for drawing in np.load(drawings)]))
print(platform.machine())
