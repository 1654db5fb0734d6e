"""Images a second of `fit`'s step, beside the step of the TensorFlow tutorial, in one run.

    python -m tests.benchmarks.training_speed [--seconds 30]

The reference is written out here, plainly, on the same networks: batch 1, float32, two tapes, two
Adams, as the tutorial does it. Our steps run through `keras.Model.fit`, with augmentation, on
uint8 pictures. Then, without any step, the batches alone, as `fit` gets them from pictures that are
mapped from disk. Shared machines vary from minute to minute: compare the ratios, not the figures.
"""

import argparse
import dataclasses
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from training.data.batches import Batches
from training.networks.patchgan import patchgan
from training.networks.unet import unet
from training.recipes.pix2pix import PRESETS, Pix2Pix

SIZE = 256
WARM_UP = 3  # Steps that compile, allocate and fill caches.


def tutorial(seconds: float) -> float:
    """Images/s of the tutorial's step."""
    keras.config.set_dtype_policy("float32")
    generator, discriminator = unet(SIZE), patchgan(SIZE)
    adams = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
    for adam, network in zip(adams, (generator, discriminator), strict=True):
        adam.build(network.trainable_variables)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def step(sketch, photo):
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            drawn = generator(sketch, training=True)
            real = discriminator([sketch, photo], training=True)[-1]
            fake = discriminator([sketch, drawn], training=True)[-1]
            l1 = tf.reduce_mean(tf.abs(photo - drawn))
            generator_loss = cross_entropy(tf.ones_like(fake), fake) + 100.0 * l1
            discriminator_loss = cross_entropy(tf.ones_like(real), real) + cross_entropy(
                tf.zeros_like(fake), fake
            )
        for adam, tape, loss, network in (
            (adams[0], generator_tape, generator_loss, generator),
            (adams[1], discriminator_tape, discriminator_loss, discriminator),
        ):
            variables = network.trainable_variables
            adam.apply(tape.gradient(loss, variables), variables)

    sketch, photo = (tf.random.uniform((1, SIZE, SIZE, 3), -1.0, 1.0) for _ in range(2))
    times: list[float] = []
    while len(times) < WARM_UP or sum(times[WARM_UP:]) < seconds:
        start = time.perf_counter()
        step(sketch, photo)
        times.append(time.perf_counter() - start)
    return 1 / float(np.median(times[WARM_UP:]))


class Clock(keras.callbacks.Callback):
    """Takes the time of each step, and stops after enough of them."""

    def __init__(self, seconds: float):
        super().__init__()
        self.seconds = seconds
        self.times: list[float] = []

    def on_train_batch_begin(self, batch, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(time.perf_counter() - self.start)
        self.model.stop_training = sum(self.times[WARM_UP:]) >= self.seconds


def ours(options: Pix2Pix, seconds: float) -> float:
    """Images/s of a recipe's step under `fit`, in the precision that auto takes."""
    from training.runs.options import resolve_precision

    keras.config.set_dtype_policy(resolve_precision("auto"))
    model = options.build(SIZE, 0)
    model.compile(optimizer=options.optimizer(), jit_compile=False)
    shape = (options.batch * 64, SIZE, SIZE, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    clock = Clock(seconds)
    model.fit(pictures, pictures, batch_size=options.batch, verbose=0, callbacks=[clock], epochs=9)
    return options.batch / float(np.median(clock.times[WARM_UP:]))


def batches_alone(batch: int, seconds: float, pairs: int = 2_000) -> float:
    """Pairs/s that come through `fit`'s own way to its data, where nobody trains on them.

    Of more pairs than a processor's caches hold, and few enough for the system to cache.
    """
    with tempfile.TemporaryDirectory() as folder:
        random, columns = np.random.default_rng(0), []
        for side in ("input", "target"):
            pictures = random.integers(0, 256, (pairs, SIZE, SIZE, 3), np.uint8)
            np.save(Path(folder) / f"{side}.npy", pictures)
            columns.append(np.load(Path(folder) / f"{side}.npy", mmap_mode="r"))
        stream = Batches(tuple(columns), batch, images_per_epoch=10_000_000)
        signature = tuple(tf.TensorSpec((batch, SIZE, SIZE, 3), tf.uint8) for _ in columns)
        dataset = tf.data.Dataset.from_generator(lambda: iter(stream), output_signature=signature)
        coming = iter(dataset.prefetch(tf.data.AUTOTUNE))  # As Keras does with a PyDataset.
        for _ in range(WARM_UP):
            next(coming)
        steps, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            next(coming)
            steps += 1
        return steps * batch / (time.perf_counter() - start)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="measured time a row")
    seconds = parser.parse_args().seconds
    paper = PRESETS["paper"]
    rows = {"tutorial, batch 1, float32": tutorial(seconds)}
    for name, options in (
        ("paper, batch 1", paper),
        ("paper, batch 8", dataclasses.replace(paper, batch=8)),
        ("fast, batch 8", PRESETS["fast"]),
    ):
        rows[name] = ours(options, seconds)
    reference = next(iter(rows.values()))
    print(f"\n| step, {SIZE} px | images/s | of the tutorial's |\n|---|---:|---:|")
    for name, speed in rows.items():
        print(f"| {name} | {speed:.2f} | {speed / reference:.2f}x |")
    print(f"\n| batches alone, {SIZE} px | pairs/s |\n|---|---:|")
    for batch in (8, 64, 256):
        print(f"| batch {batch} | {batches_alone(batch, seconds / 3):,.0f} |")


if __name__ == "__main__":
    main()
