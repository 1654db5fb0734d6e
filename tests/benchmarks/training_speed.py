"""Images a second and memory of `fit`'s step, beside the tutorial's and PyTorch's, in one run.

    python -m tests.benchmarks.training_speed [--seconds 30] [--batches 8 64 256]

The tutorial's step is written out here, plainly, on the same networks: batch 1, float32, two tapes,
two Adams. Ours run through `keras.Model.fit`, with augmentation, on uint8 pictures. PyTorch's is
`torch_pix2pix.py`, where torch is installed. Each row is a process of its own, and its memory the
most that it took: of the GPU's, or of the process on a CPU. Then, without any step, the batches
alone, as `fit` gets them from pictures that are mapped from disk. Shared machines vary from minute
to minute: compare the ratios, not the figures. With KERAS_BACKEND=jax JAX is measured, without the
tutorial.
"""

import argparse
import dataclasses
import importlib.util
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from training.backends import Devices, configure
from training.data.batches import Batches
from training.device import cards, peak_memory
from training.fit import compiles
from training.networks.patchgan import patchgan
from training.networks.unet import unet
from training.recipes.pix2pix import PRESETS, Pix2Pix
from training.runs.calls import arrange_calls

SIZE = 256
WARM_UP = 3  # Steps, or calls of several, that compile, allocate and fill caches.
EPOCH = 256  # Steps.
PRECISIONS = ("float32", "mixed_bfloat16")
NO_TORCH = "torch is not installed, so PyTorch's pix2pix is left out: install it to compare"

Measured = tuple[float, int]  # Images/s, bytes.


def tutorial(seconds: float) -> Measured:
    """Measure the tutorial's step, in float32."""
    import tensorflow as tf

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
        return l1

    sketch, photo = (tf.random.uniform((1, SIZE, SIZE, 3), -1.0, 1.0) for _ in range(2))
    times: list[float] = []
    while len(times) <= WARM_UP or sum(times[WARM_UP:]) < seconds:
        start = time.perf_counter()
        float(step(sketch, photo))  # Read, so that it is done.
        times.append(time.perf_counter() - start)
    return 1 / float(np.median(times[WARM_UP:])), peak_memory()


class Clock(keras.callbacks.Callback):
    """Notes when each call of the step was done, and stops after enough of them."""

    def __init__(self, seconds: float):
        super().__init__()
        self.seconds = seconds
        self.ends: list[float] = []

    def on_train_batch_end(self, batch, logs=None):
        float(next(iter(logs.values())))  # As `fit` reads it: until then the device is at work.
        self.ends.append(time.perf_counter())
        counted = self.ends[WARM_UP - 1 :]
        self.model.stop_training = len(counted) > 1 and counted[-1] - counted[0] >= self.seconds


def ours(options: Pix2Pix, precision: str, seconds: float, size: int = SIZE) -> Measured:
    """Measure a recipe's step as `fit` takes it, batches and all."""
    keras.config.set_dtype_policy(precision)
    configure(precision)
    devices, model = Devices(1), options.build(size, 0)
    model.compile(optimizer=options.optimizer(), jit_compile=compiles(devices))
    arrange_calls(model, devices, EPOCH)
    shape = (max(64, 2 * options.batch), size, size, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    batches = Batches((pictures, pictures), options.batch, 0, options.batch * EPOCH)
    clock = Clock(seconds)
    model.fit(batches, epochs=10_000, shuffle=False, verbose=0, callbacks=[clock])
    call = float(np.median(np.diff(clock.ends[WARM_UP - 1 :])))
    return options.batch * model.steps_per_execution / call, peak_memory()


def torchs(batch: int, precision: str, seconds: float, compiled: bool) -> Measured:
    """Measure PyTorch's step."""
    from tests.benchmarks.torch_pix2pix import measure

    bfloat16 = precision == "mixed_bfloat16"
    speed, memory = measure(batch, bfloat16, seconds, compiled=compiled)
    return speed, memory or peak_memory()


def alone(name: str, measure: Callable[..., Measured], *arguments: Any) -> Measured | None:
    """Measure in a process of its own; None, and a line that says so, where that fails."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(measure, *arguments).result()
        except Exception as error:  # Too little memory, say: the other rows are worth having.
            reason = f"{type(error).__name__}: {str(error).partition(os.linesep)[0]}"
            print(f"{name}: not measured, {reason}", file=sys.stderr)
            return None


def rows_of_ours(batches: list[int], seconds: float) -> dict[str, list[Measured | None]]:
    """Measure `paper` and `fast` in both precisions."""
    options = {"paper, batch 1": PRESETS["paper"]}
    for batch in batches:
        for name in ("paper", "fast"):
            options[f"{name}, batch {batch}"] = dataclasses.replace(PRESETS[name], batch=batch)
    return {
        name: [alone(name, ours, each, precision, seconds) for precision in PRECISIONS]
        for name, each in options.items()
    }


def rows_of_torch(batches: list[int], seconds: float) -> dict[str, list[Measured | None]]:
    """Measure PyTorch's, plain, and compiled where there is a card; nothing where it is not."""
    if importlib.util.find_spec("torch") is None:
        print(NO_TORCH)
        return {}
    rows: dict[str, list[Measured | None]] = {}
    for batch in (1, *batches):
        for compiled in [False, True] if cards() else [False]:
            name = f"PyTorch{' compiled' * compiled}, batch {batch}"
            told = [(batch, precision, seconds, compiled) for precision in PRECISIONS]
            rows[name] = [alone(name, torchs, *each) for each in told]
    return rows


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
        coming = iter(_as_keras_reads(stream, batch, len(columns)))
        for _ in range(WARM_UP):
            next(coming)
        steps, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            next(coming)
            steps += 1
        return steps * batch / (time.perf_counter() - start)


def _as_keras_reads(stream: Batches, batch: int, columns: int) -> Any:
    """What Keras makes of a PyDataset: a tf.data that reads ahead, or the arrays as they are."""
    if keras.backend.backend() != "tensorflow":
        return stream
    import tensorflow as tf

    signature = (tf.TensorSpec((batch, SIZE, SIZE, 3), tf.uint8),) * columns
    dataset = tf.data.Dataset.from_generator(lambda: iter(stream), output_signature=signature)
    return dataset.prefetch(tf.data.AUTOTUNE)


def table(rows: dict[str, list[Measured | None]]) -> str:
    """Lay them out: images/s and MB of memory in each precision, and how the faster one compares.

    The first row is what all are compared with.
    """
    reference = next(iter(rows.values()))[0]
    lines = [
        f"| step, {SIZE} px | float32, images/s | MB | bfloat16, images/s | MB | of the first |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, measured in rows.items():
        cells = [f"{m[0]:.2f} | {m[1] / 1e6:,.0f}" if m else "- | -" for m in measured]
        best = max((m[0] for m in measured if m), default=0.0)
        times = f"{best / reference[0]:.2f}x" if reference and best else "-"
        lines.append(f"| {name} | {' | '.join(cells)} | {times} |")
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="measured time a row")
    parser.add_argument("--batches", type=int, nargs="+", default=[8], help="beside a batch of 1")
    options = parser.parse_args()
    rows: dict[str, list[Measured | None]] = {}
    if keras.backend.backend() == "tensorflow":
        rows["tutorial, batch 1"] = [alone("tutorial", tutorial, options.seconds), None]
    rows |= rows_of_ours(options.batches, options.seconds)
    rows |= rows_of_torch(options.batches, options.seconds)
    print(f"\n{table(rows)}")
    print(f"\n| batches alone, {SIZE} px | pairs/s |\n|---|---:|")
    for batch in (8, 64, 256):
        print(f"| batch {batch} | {batches_alone(batch, options.seconds / 3):,.0f} |")


if __name__ == "__main__":
    main()
