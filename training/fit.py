"""fit: the one training function, for every recipe."""

import contextlib
import dataclasses
from typing import Any

import keras
import numpy as np

from training import files, progress
from training.adversarial import AdversarialModel
from training.backends import Devices, accelerator, configure
from training.data.batches import Batches
from training.device import announce, device_name
from training.opened import Opened, agree, open_training, with_recipe
from training.options import Auto
from training.runs import batch, callbacks, checkpoints, plan
from training.runs.calls import LEAST_CALLS, arrange_calls
from training.runs.checkpoints import Position
from training.runs.epoch_end import EpochEnd
from training.runs.folder import Run
from training.runs.options import FitOptions
from training.runs.writing import Writer
from training.size import to_json
from training.transfer.start import introduced, load_start
from training.transfer.teacher import load_teacher


@dataclasses.dataclass(frozen=True)
class _Resumed:
    """Where a training goes on: its run folder, how far it is, and the batches that come next."""

    run: Run
    position: Position
    batches: Batches


def fit(recipe: Any, options: FitOptions, *, name: str, verbose: int | str = "auto") -> Run:
    """Train `recipe` (an options dataclass) until `options.images` were seen; returns the run.

    Or for `options.minutes`, of all its starts together, where these are given; or where neither
    is, until what training/runs/length.py thinks enough.

    Started again on the same run folder, goes on from its last checkpoint, to the same weights
    that an uninterrupted run would reach.

    Raises:
        UserError: options out of range, data or a teacher that cannot be read, a size that the
            network cannot take, a run folder of another configuration or in which another fit is
            at work, a full disk, or losses that are not finite.
    """
    opened = open_training(recipe, options, name)
    announce()
    # Before the networks are built, which takes long, and on a GPU the memory of who is there.
    with _alone(opened):
        if isinstance(opened.recipe.batch, Auto):
            opened = _with_batch(opened)
        progress.step("build")
        model = _build(opened)
        resumed = _resume(opened, model)
        with Writer() as writer:
            _train(opened, model, resumed, writer, verbose)
        opened.devices.from_chief([np.zeros(1)])  # The others wait until all is written.
    return resumed.run


def describe(recipe: Any, options: FitOptions, *, name: str) -> str:
    """Say what `fit` would train with these options; trains nothing, and writes nothing.

    Gives a line an option, as resolved, and a line a network, whose MB are those of float32.

    Raises:
        UserError: as `fit` does before it trains.
    """
    opened = open_training(recipe, options, name)
    networks = _build(opened).networks
    recipe, dataset = opened.recipe, opened.dataset
    told = {
        "recipe": f"{name} ({recipe.task})",
        **dataclasses.asdict(options),
        **_told_length(opened),
        "data": f"{options.data}: {len(dataset.train):,} to train on, {len(dataset.test):,} held "
        f"out, {to_json(dataset.size)} px, licence {dataset.licence}",
        "precision": opened.config["precision"],
        "devices": f"{opened.devices.replicas} x {device_name()}",
        **dataclasses.asdict(recipe),
    }
    counts = {network: each.count_params() for network, each in networks.items()}
    width = max(map(len, (*told, *counts)))
    lines = [f"{option.replace('_', '-'):{width}}  {value}" for option, value in told.items()]
    lines += [
        f"{network:{width}}  {count:,} parameters, {4 * count / 1e6:.2f} MB"
        for network, count in counts.items()
    ]
    return "\n".join(lines)


def _told_length(opened: Opened) -> dict[str, Any]:
    """The options that decide the length, as resolved, and the epochs."""
    if opened.options.minutes:
        return dict.fromkeys(("images", "epoch_images", "epochs"), "planned when it begins")
    length = opened.length
    epochs = length.last_epoch(opened.recipe.batch)
    return {"images": length.images, "epoch_images": length.epoch_images, "epochs": epochs}


def _alone(opened: Opened) -> contextlib.AbstractContextManager[None]:
    """Keep a second `fit` out of the run folder, of several machines on the one that writes it."""
    folder = opened.options.run
    if not opened.devices.chief:
        return contextlib.nullcontext()
    return files.alone(folder, f"another fit is at work on {folder}; choose another --run")


def _with_batch(opened: Opened) -> Opened:
    """Ask the device for its batch, with networks that are built for it and thrown away."""
    dataset, devices = opened.dataset, opened.devices
    columns = dataset.train.load()
    most = min(len(dataset.train), opened.length.epoch_images // LEAST_CALLS)

    def speed(recipe: Any) -> float:
        keras.utils.clear_session()  # The one before has to leave the memory.
        progress.step("measure speed")
        model = _build(with_recipe(opened, recipe))
        if model.looks:
            model.looks.measure(*columns)
        arrange_calls(model, devices, opened.length.epoch_images // recipe.batch)
        with devices.training():
            return plan.measure_speed(model, columns, recipe.batch, dataset.paired)

    recipe, told = batch.choose(opened.recipe, most, speed)
    keras.utils.clear_session()
    print(told, flush=True)
    return with_recipe(opened, recipe)


def _build(opened: Opened) -> AdversarialModel:
    """Build the networks, the optimizer and the teacher.

    A run folder of something else is refused before that work. The precision is set first, as
    layers take it when they are built; the seed directly before, so that nothing else decides the
    weights. The optimizer is built before anything is restored: without variables it would drop
    its state in silence.
    """
    recipe, dataset = opened.recipe, opened.dataset
    if opened.devices.chief:
        Run.stored(opened.options.run, opened.config)
    keras.config.set_dtype_policy(opened.config["precision"])
    configure(opened.config["precision"])
    keras.utils.set_random_seed(opened.options.seed)
    with opened.devices.building():
        model = recipe.build(dataset.size, opened.options.seed)
        model.compile(optimizer=recipe.optimizer(), jit_compile=compiles(opened.devices))
        model.optimizer.build(model.trainable_variables)
        if getattr(recipe, "teacher", None):
            blurred = dataset.info.get("focus") == "drawn"  # As the photos are, then.
            model.teacher = load_teacher(recipe.teacher, dataset.size, blur_empty=blurred)
    return model


def _resume(opened: Opened, model: AdversarialModel) -> _Resumed:
    """Start the run folder, or bring the model to where the run in it is.

    The folder is made only now that networks and pictures were read, so that a refusal leaves
    none. All machines agree before the first one gives its state to them: the shapes have to be
    equal. A start is loaded before that, for all to get it; random states part ways after it.
    """
    recipe, options, devices = opened.recipe, opened.options, opened.devices
    columns = opened.dataset.train.load()
    if model.looks:
        model.looks.measure(*columns)
    paired = opened.dataset.paired
    epoch_images = opened.length.epoch_images
    if options.minutes and not Run.begun(options.run):
        arrange_calls(model, devices, epoch_images // recipe.batch)
        enough = opened.length.images
        with devices.training():
            epoch_images = plan.planned(
                options.minutes, enough, model, columns, recipe.batch, paired
            )
        opened.config["epoch_images"] = epoch_images
    run, position = Run(options.run, opened.config), Position()
    if devices.chief:
        run = Run.start(run.folder, run.config)
        position = checkpoints.restore(model, run.checkpoints)
    agree(devices, run.config)
    if options.start and devices.chief and not position.images:
        load_start(options.start, model.networks["generator"], columns[0])
        print(introduced(run.config["start"]))
    position = checkpoints.from_chief(model, position, devices)
    devices.part_ways([v for v in model.variables if v.name == "seed_generator_state"])
    batches = Batches(columns, recipe.batch, options.seed, epoch_images, paired=paired)
    batches.epoch = position.epoch
    return _Resumed(run, position, batches)


def _train(
    opened: Opened, model: AdversarialModel, resumed: _Resumed, writer: Writer, verbose: int | str
) -> None:
    """Train for the epochs that are left.

    What happens around an epoch is in the order of what it leaves: NaN stops it before anything
    is written, the speed is in the log, and the checkpoint comes after the sheet and the log row
    of what it says is done.
    """
    recipe, devices, run = opened.recipe, opened.devices, resumed.run
    options, position = opened.options, resumed.position
    # What a time has planned is known by now.
    length = dataclasses.replace(opened.length, epoch_images=run.config["epoch_images"])
    epochs = length.last_epoch(recipe.batch, position.epoch)
    late = bool(options.minutes) and plan.is_late(options.minutes, position)
    animation = callbacks.ProgressGIF(run.samples, run.progress, writer)
    if position.epoch >= epochs or late:
        print(f"{run.folder} has seen {position.images:,} images: nothing to do")
        if position.epoch < epochs:
            plan.say_late(options.minutes, position)
        elif length.enough:
            plan.say_enough(len(opened.dataset.train))
        if devices.chief and not run.progress.exists():  # It was stopped here.
            animation.on_train_end()
        return
    around = [
        callbacks.Stages(recipe.batch),
        callbacks.StopOnNaN(),
        callbacks.Throughput(recipe.batch),
    ]
    if options.minutes:
        around.append(plan.Deadline(options.minutes, position))
        if position.epoch:
            plan.go_on(options.minutes, position.seconds)
    if devices.chief:
        around += [
            callbacks.LogTable(run.log, position.epoch),
            *_tensorboard(run),
            EpochEnd(recipe, run, opened.dataset, resumed.batches, position, devices, writer),
            animation,
        ]
    # Last, so that what a line tells of is there.
    around.append(
        callbacks.Telling(recipe.batch, position, epochs, options.minutes, run.samples, writer)
    )
    arrange_calls(model, devices, resumed.batches.steps)
    with devices.training():
        told = model.fit(
            resumed.batches,
            epochs=epochs,
            initial_epoch=position.epoch,
            shuffle=False,  # The stream is shuffled already, and knows where it is.
            verbose=verbose if devices.chief else 0,
            callbacks=around,
        )
    if length.enough and told.epoch[-1] + 1 >= epochs:
        plan.say_enough(len(opened.dataset.train))


def compiles(devices: Devices) -> bool:
    """Whether XLA compiles the step.

    Under TensorFlow on a CPU it was 1.5 times slower than oneDNN, and it compiles for one device.
    """
    return keras.backend.backend() == "jax" or (devices.replicas == 1 and accelerator() is not None)


def _tensorboard(run: Run) -> list[keras.callbacks.Callback]:
    # Its writer is TensorFlow's, which need not be installed where JAX trains.
    if keras.backend.backend() != "tensorflow":
        return []
    return [keras.callbacks.TensorBoard(run.tensorboard, write_graph=False)]
