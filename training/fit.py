"""fit: the one training function, for every recipe."""

import dataclasses
import hashlib
import json
import math
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from training.backends import Devices, accelerator, configure
from training.data.batches import Batches
from training.data.datasets import Dataset
from training.errors import UserError
from training.runs import callbacks, checkpoints
from training.runs.checkpoints import Position
from training.runs.epoch_end import AfterEpoch
from training.runs.folder import Run
from training.transfer.start import identify, load_start
from training.transfer.teacher import load_teacher


@dataclasses.dataclass(frozen=True)
class FitOptions:
    """What every training needs to know, whatever the recipe."""

    data: Path
    """Folder of what the recipe trains on, or a name: `python -m training fit --help` has them."""
    run: Path
    """Run folder to write; a run that is there already goes on."""
    images: int = 100_000
    """Images to see in all. Raise it later, and the run goes on."""
    epoch_images: int = 4_000
    """Images between two checkpoints and sample sheets."""
    start: Path | None = None
    """Run folder, or for pix2pix exported float .tflite file, whose generator to begin with."""
    seed: int = 0
    """Seed of the weights, the order of the data and the augmentation."""
    precision: Literal["auto", "float32", "mixed_bfloat16"] = "auto"
    """auto, float32 or mixed_bfloat16; auto takes bfloat16 where the processor has it."""
    devices: int = 1
    """Devices of this machine that share each batch; with TF_CONFIG, of every machine it names."""
    licence: str | None = None
    """Licence of the data, for the cards of what is exported, where the data does not say it."""


def fit(recipe: Any, options: FitOptions, *, name: str, verbose: int | str = "auto") -> Run:
    """Train `recipe` (an options dataclass) until `options.images` were seen; returns the run.

    Started again on the same run folder, goes on from its last checkpoint, to the same weights
    that an uninterrupted run would reach.

    Raises:
        UserError: data or a teacher that cannot be read, a size that the network cannot take, a
            run folder of another configuration, a full disk, or losses that are not finite.
    """
    if options.images < 1 or options.epoch_images < recipe.batch:
        raise UserError(
            f"expected --images of 1 or more and --epoch-images of at least --batch "
            f"({recipe.batch}); got {options.images} and {options.epoch_images}"
        )
    if options.start and list(recipe.shown) != ["generator"]:
        raise UserError(f"--start begins with one generator, but {name} trains several")
    dataset = recipe.open(options.data)
    if options.licence:
        dataset = dataclasses.replace(dataset, info=dataset.info | {"licence": options.licence})
    devices = Devices(options.devices)
    if recipe.batch % devices.replicas:
        raise UserError(
            f"--batch {recipe.batch} cannot be shared equally by --devices {options.devices} on "
            f"{devices.workers} machine(s)"
        )
    precision = resolve_precision(options.precision)
    keras.config.set_dtype_policy(precision)
    configure(precision)
    keras.utils.set_random_seed(options.seed)
    with devices.building():
        model = recipe.build(dataset.size, options.seed)
        model.compile(optimizer=recipe.optimizer(), jit_compile=_compiles(devices))
        # Before restoring: an optimizer without variables would drop its state in silence.
        model.optimizer.build(model.trainable_variables)
        if getattr(recipe, "teacher", None):
            blurred = dataset.info.get("focus") == "drawn"  # As the photos are, then.
            model.teacher = load_teacher(recipe.teacher, dataset.size, blur_empty=blurred)

    run = Run(options.run, _configuration(recipe, options, name, dataset))
    position = Position()
    if devices.chief:
        run = Run.start(run.folder, run.config)
        position = checkpoints.restore(model, run.checkpoints)
    _agree(devices, run.config)
    columns = dataset.train.load()
    if options.start and devices.chief and not position.images:
        load_start(options.start, model.networks["generator"], columns[0])
    position = checkpoints.from_chief(model, position, devices)
    devices.part_ways([v for v in model.variables if v.name == "seed_generator_state"])
    batches = Batches(
        columns, recipe.batch, options.seed, options.epoch_images, paired=dataset.paired
    )
    batches.epoch = position.epoch
    epochs = math.ceil(options.images / (batches.steps * recipe.batch))
    progress = callbacks.ProgressGIF(run.samples, run.progress)
    if position.epoch >= epochs:
        print(f"{run.folder} has seen {position.images:,} images: nothing to do")
        if devices.chief and not run.progress.exists():  # It was stopped here.
            progress.on_train_end()
        return run

    around = [
        callbacks.Stages(recipe.batch, position.images),
        callbacks.StopOnNaN(),
        callbacks.Throughput(recipe.batch),
    ]
    if devices.chief:
        left_behind = AfterEpoch(model, recipe, run, dataset, batches, position, devices)
        around += [
            callbacks.LogTable(run.log, position.epoch),
            *_tensorboard(run),
            # The checkpoint comes last: what it says is done has left its sheet and log row.
            callbacks.AfterEpoch(left_behind),
            progress,
        ]
    with devices.training():
        model.fit(
            batches,
            epochs=epochs,
            initial_epoch=position.epoch,
            shuffle=False,  # The stream is shuffled already, and knows where it is.
            verbose=verbose if devices.chief else 0,
            callbacks=around,
        )
    devices.from_chief([np.zeros(1)])  # The others wait until the chief has written everything.
    return run


def resolve_precision(precision: str) -> str:
    """Name the Keras dtype policy for auto, float32 or mixed_bfloat16."""
    if precision != "auto":
        return precision
    return "mixed_bfloat16" if accelerator() or _cpu_has_bfloat16() else "float32"


def _cpu_has_bfloat16() -> bool:
    # AMX multiplies tiles of it, AVX-512 pairs: 1.9 times as many images/s on a Zen 4 core.
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags


def _compiles(devices: Devices) -> bool:
    # XLA under TensorFlow on a CPU was 1.5 times slower than oneDNN, and compiles for one device.
    return keras.backend.backend() == "jax" or (devices.replicas == 1 and accelerator() is not None)


def _tensorboard(run: Run) -> list[keras.callbacks.Callback]:
    # Its writer is TensorFlow's, which need not be installed where JAX trains.
    if keras.backend.backend() != "tensorflow":
        return []
    return [keras.callbacks.TensorBoard(run.tensorboard, write_graph=False)]


def _configuration(recipe: Any, options: FitOptions, name: str, dataset: Dataset) -> dict[str, Any]:
    """Everything that decides the result; `images` only decides when to stop."""
    return {
        "recipe": name,
        # Where a file lies may change between two starts, and is nobody's business in a card.
        "options": {
            option: value.name if isinstance(value, Path) else value
            for option, value in dataclasses.asdict(recipe).items()
        },
        "size": dataset.size,
        "seed": options.seed,
        "precision": resolve_precision(options.precision),
        "epoch_images": options.epoch_images,
        "start": identify(options.start) if options.start else None,
        "data": {
            "folder": str(options.data),
            "name": dataset.name,
            "images": len(dataset.train),
            "fingerprint": dataset.train.fingerprint(),
        },
    }


def _agree(devices: Devices, config: dict[str, Any]) -> None:
    """Raise `UserError` on a machine that would train something else than the first one."""
    data = {**config["data"], "folder": None}  # May lie elsewhere on each.
    told = json.dumps(config | {"data": data, "schema": None}, sort_keys=True)
    digest = np.frombuffer(hashlib.sha256(told.encode()).digest(), np.uint8).astype(np.int64)
    [first] = devices.from_chief([digest])
    if not np.array_equal(first, digest):
        raise UserError(
            "the first worker of TF_CONFIG trains with other options, data or --precision than "
            "this one: start the same command on every machine, on the same data"
        )
