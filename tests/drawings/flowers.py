"""Paint the flowers again: `python -m tests.drawings.flowers` writes the examples of CycleGAN.

CycleGAN takes photos. These are what the model that ships makes of drawings in this folder, so that
nobody's photo is in a bundle.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from demo.bundles import load_generator

DRAWINGS = Path(__file__).parent
MODELS = DRAWINGS.parents[1] / "demo" / "models"
SIZE = 128
EXAMPLES = {
    "dandelion-to-sunflower": ("daisy", "daisy-lines", "five-outline", "meadow", "poppy", "rose"),
    "sunflower-to-dandelion": ("cosmos", "five-inked", "lily", "marigold", "poppy", "sunflower"),
}


def main() -> None:
    """Write all."""
    generator = load_generator(MODELS / "flowers")
    for bundle, names in EXAMPLES.items():
        folder = MODELS / bundle / "examples"
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            with Image.open(DRAWINGS / f"{name}.png") as drawing:
                flower = Image.fromarray(generator(np.asarray(drawing.convert("RGB"))))
            small = flower.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
            small.save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
