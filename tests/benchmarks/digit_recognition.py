"""How many digits of a bundle a classifier of real digits recognises as what was asked for.

    python -m tests.benchmarks.digit_recognition BUNDLE --data mnist

Prints how many real test digits the classifier recognises, and how many of those drawn.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from keras import layers

from demo.bundles import load_sampler
from demo.cards import LatentCard, load_card
from training.data.idx import open_labelled
from training.size import sides

EACH = 100  # Digits drawn of each label.


def classifier(size: int, classes: int) -> keras.Model:
    """Build a small one: pixels [B, S, S, 1] in 0..255 -> logits [B, classes]."""
    pixels = keras.Input((size, size, 1))
    x = layers.Rescaling(1 / 255)(pixels)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return keras.Model(pixels, layers.Dense(classes)(x))


def trained(data: Path, epochs: int = 3) -> tuple[keras.Model, float]:
    """Train it on a labelled dataset; gives it and the share of test pictures that it tells."""
    dataset = open_labelled(data)
    side, _ = sides(dataset.size)
    model = classifier(side, len(dataset.labels))
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    pictures, labels = dataset.train.load()
    model.fit(pictures, labels, batch_size=128, epochs=epochs, verbose=2)
    return model, model.evaluate(*dataset.test.load(), verbose=0)[1]


def drawn(bundle: Path, each: int = EACH) -> tuple[np.ndarray, np.ndarray]:
    """Draw `each` pictures of every label: uint8 [N, S, S, 1] and what was asked for, [N]."""
    card = load_card(bundle)
    if not (isinstance(card, LatentCard) and card.labels):
        raise SystemExit(f"error: {bundle} does not take labels")
    sampler = load_sampler(bundle, next(iter(card.files)))
    asked = np.repeat(np.arange(len(card.labels)), each)
    noise = np.random.default_rng(0).standard_normal((len(asked), card.latent), np.float32)
    pictures = [sampler(z, int(label)) for z, label in zip(noise, asked, strict=True)]
    return np.stack(pictures)[..., :1], asked


def main() -> None:
    """Train, draw, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path, default=Path("mnist"))
    options = parser.parse_args()
    model, of_real = trained(options.data)
    pictures, asked = drawn(options.bundle)
    told = model.predict(pictures, verbose=0).argmax(axis=1)
    print(f"recognised: {of_real:.1%} of real test digits, {np.mean(told == asked):.1%} of drawn")


if __name__ == "__main__":
    main()
