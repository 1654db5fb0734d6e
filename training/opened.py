"""What a training is given, before any work: options checked, data and devices opened."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from training import progress
from training.backends import Devices
from training.data.datasets import Dataset
from training.errors import UserError
from training.options import Auto
from training.runs import plan
from training.runs.batch import for_batch
from training.runs.configuration import digest, identity
from training.runs.folder import Run
from training.runs.length import Length, length_of
from training.runs.options import FitOptions, resolve_precision
from training.size import to_json
from training.transfer.start import chosen, identify
from training.transfer.teacher import weights_file
from training.typed import typed


@dataclasses.dataclass(frozen=True)
class Opened:
    """What a training is given, checked and opened."""

    recipe: Any
    options: FitOptions
    dataset: Dataset
    devices: Devices
    length: Length
    config: dict[str, Any]


def open_training(recipe: Any, options: FitOptions, name: str) -> Opened:
    """Check the options and open the data: what is wrong with them is told before any work.

    Data before devices, as with TF_CONFIG these wait for other machines; devices before anything
    that a backend computes, which would settle them for good.
    """
    begun = Run.begun(options.run)
    earlier = begun["options"] if begun else None
    if isinstance(recipe.batch, Auto) and earlier and isinstance(earlier.get("batch"), int):
        recipe = for_batch(recipe, earlier["batch"])  # The device was asked when it began.
    recipe.check()
    options.check(recipe.batch)
    if options.start and list(recipe.shown) != ["generator"]:
        raise UserError(f"--start begins with one generator, but {name} trains several")
    told = options.start
    options = dataclasses.replace(options, start=chosen(told, recipe, begun))
    dataset = recipe.open(options.data)
    if dataset.info.get("complete") is False:
        source = dataset.info.get("source", "PHOTOS")
        way_on = typed("training", "prepare", source, options.data)
        progress.warn(f"{options.data} is half made; this goes on: {way_on}")
    if options.licence:
        dataset = dataclasses.replace(dataset, info=dataset.info | {"licence": options.licence})
    devices = Devices(options.devices)
    if recipe.batch % devices.replicas:
        raise UserError(
            f"--batch {recipe.batch} cannot be shared equally by --devices {options.devices} on "
            f"{devices.workers} machine(s)"
        )
    if isinstance(recipe.batch, Auto) and devices.workers > 1:
        raise UserError("--batch auto is for one machine: several agree on a number")
    if options.minutes:
        plan.check_recipe(recipe, devices.workers)
    recipe = recipe.completed(earlier)
    config = _configuration(recipe, options, name, dataset)
    if begun and not told:  # It goes on from what it began with, whatever ships by now.
        config["start"] = begun.get("start")
    starts, pairs = bool(config["start"]), len(dataset.train)
    length = length_of(options, begun, starts, recipe.batch, pairs)
    config["epoch_images"] = length.epoch_images
    return Opened(recipe, options, dataset, devices, length, config)


def with_recipe(opened: Opened, recipe: Any) -> Opened:
    """Give the same with other options of the recipe."""
    config = opened.config | {"options": _options(recipe)}
    return dataclasses.replace(opened, recipe=recipe, config=config)


def _options(recipe: Any) -> dict[str, Any]:
    return {
        option: _identify(value) if isinstance(value, Path) else value
        for option, value in dataclasses.asdict(recipe).items()
    }


def _configuration(recipe: Any, options: FitOptions, name: str, dataset: Dataset) -> dict[str, Any]:
    """Everything that decides the result; `images` only decides when to stop."""
    return {
        "recipe": name,
        "options": _options(recipe),
        "size": to_json(dataset.size),
        "seed": options.seed,
        "precision": resolve_precision(options.precision),
        "epoch_images": None,  # Decided when all else is known.
        "start": identify(options.start) if options.start else None,
        "data": {
            # Found from any working directory; a dataset's name stays one.
            "folder": str(options.data.absolute() if options.data.is_dir() else options.data),
            "name": dataset.name,
            "images": len(dataset.train),
            "fingerprint": dataset.train.fingerprint(),
        },
    }


def _identify(path: Path) -> dict[str, str]:
    """Tell the weights that a recipe's option names: a file of them, a run folder or a bundle."""
    # Where they lie may change between two starts, and is nobody's business in a card.
    return identity(path, weights_file(path) if path.is_dir() else path)


def agree(devices: Devices, config: dict[str, Any]) -> None:
    """Raise `UserError` on a machine that would train something else than the first one."""
    mine = np.frombuffer(digest(config), np.uint8).astype(np.int64)
    [first] = devices.from_chief([mine])
    if not np.array_equal(first, mine):
        raise UserError(
            "the first worker of TF_CONFIG trains with other options, data or --precision than "
            "this one: start the same command on every machine, on the same data"
        )
