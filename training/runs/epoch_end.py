"""What an epoch leaves behind: weights to show, a sheet of what they generate, card, checkpoint.

All is taken or drawn where the epoch ends, and written while the next one trains: writing takes a
second for `fast` and eight for `paper` (686 MB) on two shared cores, under one percent of an epoch
there, but as long as thousands of images take on a GPU.
"""

import time
from typing import Any

import keras
import numpy as np
from PIL import Image

from training import files
from training.backends import Devices
from training.data.batches import Batches
from training.data.datasets import Dataset
from training.device import device_name
from training.networks.inputs import IMAGE_TO_IMAGE, Inputs, count_of
from training.runs import checkpoints, sheets
from training.runs.averaging import copy_averaged, recalibrate
from training.runs.checkpoints import Position
from training.runs.folder import Run
from training.runs.samples import generate, sample_inputs
from training.runs.writing import Writer

SAMPLES = 16  # Held-out drawings on a sheet: two rows of eight.
GENERATED_SAMPLES = 40  # Of pictures that are generated from noise: four of each of ten labels.
CALIBRATION = 256  # Inputs that BatchNorm statistics are averaged over; more changes nothing.


class EpochEnd(keras.callbacks.Callback):
    """Has the sheet, the generators to show, their card and the checkpoint written, in order."""

    def __init__(
        self,
        recipe: Any,
        run: Run,
        dataset: Dataset,
        batches: Batches,
        position: Position,
        devices: Devices,
        writer: Writer,
    ):
        super().__init__()
        self.recipe, self.run, self.batches = recipe, run, batches
        self.devices, self.writer = devices, writer
        self.dataset, self.start, self.clock = dataset, position, time.monotonic()
        self.longest = position.longest
        self.averaged = {name: recipe.build_generator(dataset.size, 0) for name in recipe.shown}
        self.held_out = (dataset.test if len(dataset.test) else dataset.train).load()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock of the epoch."""
        self.epoch_began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell of what could not be written, not only when the next epoch has ended."""
        self.writer.check()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Have it all written; Keras counts epochs from 0, what is written from 1."""
        self.writer.finish()  # It reads the averaged weights, which change now.
        done = epoch + 1
        images = done * self.batches.steps * self.batches.batch_size
        now = time.monotonic()
        seconds = self.start.seconds + now - self.clock
        self.longest = max(self.longest, now - self.epoch_began)
        for name, averaged in self.averaged.items():
            copy_averaged(self.model, self.model.networks[name], averaged)
            if self.model.optimizer.use_ema:
                pictures = self.batches.columns[self.recipe.shown[name]]
                inputs = self._inputs(averaged, pictures, CALIBRATION)
                recalibrate(averaged, inputs, min(self.recipe.batch, count_of(inputs)))
        sheet = sheets.stack([self._sheet(each, name) for name, each in self.averaged.items()])
        about = _about(self.run, self.dataset, self.devices, images, seconds)
        if hasattr(self.recipe, "canvas"):
            about["canvas"] = self.recipe.canvas
        if self.model.looks:
            about |= self.model.looks.about()
        state = checkpoints.copied(self.model)
        position = Position(done, images, seconds, self.longest)

        def write() -> None:
            # Synced, as nobody makes a sheet of this epoch again.
            files.write_image(self.run.samples / f"{done:05d}.png", sheet, sync=True)
            self.run.save_generators(self.averaged, about)
            checkpoints.save(state, self.run.checkpoints, position)

        self.writer.submit(write)

    def _inputs(self, generator: keras.Model, pictures: np.ndarray, count: int) -> Inputs:
        return sample_inputs(generator, count, pictures, len(self.dataset.labels))

    def _sheet(self, generator: keras.Model, name: str) -> Image.Image:
        """Held-out pictures, what is generated from them, and their photos; or from noise alone."""
        if self.recipe.task != IMAGE_TO_IMAGE:
            inputs = self._inputs(generator, self.held_out[0], GENERATED_SAMPLES)
            return sheets.sheet(sheets.legible(generate(generator, inputs)), columns=10)
        inputs = self._inputs(generator, self.held_out[self.recipe.shown[name]], SAMPLES)
        rows = [inputs["sketch"], generate(generator, inputs)]
        if self.dataset.paired:
            rows.append(sheets.evenly_spaced(self.held_out[1], SAMPLES))
        return sheets.sheet(*map(sheets.legible, rows))


def _about(
    run: Run, dataset: Dataset, devices: Devices, images: int, seconds: float
) -> dict[str, Any]:
    return {
        "labels": list(dataset.labels),
        "training": {
            "recipe": run.config["recipe"],
            "options": run.config["options"],
            "start": run.config["start"],
            "images_seen": images,
            "seconds": round(seconds),
            "device": device_name(),
            "devices": devices.replicas,
            "precision": run.config["precision"],
            "versions": {"keras": keras.__version__, keras.backend.backend(): _backend_version()},
        },
        "data": {
            "name": dataset.name,
            "licence": dataset.licence,
            "photos": dataset.photos,
            "sketch": dataset.sketch,
        },
    }


def _backend_version() -> str:
    from importlib.metadata import version

    return version(keras.backend.backend())
