"""Begin with what another training has learned: a run's generator, or an exported float file."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np

from training.errors import UserError
from training.evaluation import metrics
from training.evaluation.generators import BATCH, Generator
from training.networks.grain import grain_of
from training.networks.inputs import MEAN_LOOK, look_of
from training.networks.resized import resized
from training.networks.shuffle_unet import STAGES, shuffle_unet
from training.options import NONE
from training.progress import warn
from training.runs import samples
from training.runs.configuration import identity
from training.runs.folder import Run, load_generator
from training.runs.sheets import evenly_spaced
from training.size import sides, size_of
from training.transfer.batchnorm import convolutions, restore_batchnorms
from training.transfer.bundle import CARD, read_bundle, sources
from training.transfer.looks import copy_by_name, fold_look, without_shifts
from training.transfer.slimming import slim_down
from training.transfer.tflite_weights import (
    KernelsAndBiases,
    float_format,
    have_the_shapes_of,
    read_kernels,
    set_kernels,
)

SHIPPED = Path(__file__).resolve().parents[2] / "demo" / "models"
USUAL = SHIPPED / "flowers"  # Photos of anything come out better than from nothing.
LEAST_PSNR = 40.0  # dB between what the file generates and what the network does with its weights.


def chosen(told: Path | None, recipe: Any, begun: dict[str, Any] | None) -> Path | None:
    """Find what a training begins with: what was told, or what ships, or nothing.

    What ships is for a generator like its own, where nothing was told, not even `NONE`, and the
    run that goes on, whose configuration is `begun`, did not begin with nothing.

    Raises:
        UserError: as `found` does.
    """
    if told:
        return None if told == NONE else found(told)
    if begun and not begun.get("start"):
        return None
    try:
        bundle = read_bundle(USUAL)
    except UserError:  # Who installs the training alone has none.
        return None
    own = bundle.card["training"]["options"]
    alike = all(getattr(recipe, name, None) == own[name] for name in ("generator", "width"))
    if alike and not find_spec("ai_edge_litert"):
        warn(f"begins with nothing: {USUAL.name} cannot be read; pip install ai-edge-litert")
        return None
    return bundle.file(float_format(bundle)) if alike else None


def found(start: Path) -> Path:
    """Find what a start names: a run folder, an exported file, or the float file of a bundle.

    `flowers` is the bundle of that name that ships, where nothing else is called so.

    Raises:
        UserError: a bundle that is damaged, or that has no float file.
    """
    named = start == Path(start.name) and not start.exists()
    if named and (SHIPPED / start / CARD).is_file():
        start = SHIPPED / start
    if (start / CARD).is_file() and not (start / "config.json").is_file():
        bundle = read_bundle(start)
        return bundle.file(float_format(bundle))
    return start


def identify(path: Path) -> dict[str, Any]:
    """Tell a start by its name and its weights' SHA-256, for a run's configuration and card.

    And by what it had `learned_from`, as its card says it.

    Raises:
        UserError: there is no run with weights, and no file, at `path`.
    """
    if path.suffix != ".tflite":
        run = Run.open(path)
        return {**identity(path, run.weights("generator")), "learned_from": sources(run.card)}
    told = identity(path, path)
    if not (path.parent / CARD).is_file():
        return told
    card = read_bundle(path.parent).card
    return {**told, "name": card["name"], "learned_from": sources(card)}


def introduced(start: dict[str, Any]) -> str:
    """A line about what `identify` told."""
    of = [f"{each['name']} (licence: {each['licence']})" for each in start.get("learned_from", ())]
    learned = f", which learned from {' and '.join(of)}" if of else ""
    return f"begins with {start['name']}{learned}; --start {NONE} begins with nothing"


def load_start(path: Path, generator: keras.Model, sketches: np.ndarray) -> None:
    """Give `generator` the weights of a run folder, or of a float `.tflite` file of ours.

    One that takes a look may begin with one that takes none: no look changes anything then, yet.
    So may one with grain, which makes nothing of it, yet. One that takes none begins with what the
    other generates under its mean look.

    An exported file has no BatchNorm left: each was folded into its convolution. It is put back
    so that it computes what the file does, and normalises by what it sees over `sketches`, uint8
    [N, S, S, 3]. It may be of another size, where nothing in the network depends on that. A
    slim_unet may begin with the file of a shuffle_unet, which it comes near to.

    Raises:
        UserError: weights of another network, or integer ones, which have lost their precision;
            or a file for a squeeze_unet, whose convolutions are in another order there.
    """
    if path.suffix == ".tflite":
        if generator.name == "squeeze_unet":
            raise UserError(f"a squeeze_unet starts from a run folder, not from a file: {path}")
        file = Generator.open(path)
        begins = _for(generator, file.look)
        _load_file(path, file, begins, sketches)
    else:
        run = load_generator(Run.open(path))
        if look_of(run) and not look_of(generator):
            run = fold_look(run, [MEAN_LOOK] * look_of(run))
        begins = _for(generator, look_of(run))
        shapes = [w.shape for w in begins.get_weights()]
        learned = _with_grain(run.get_weights(), shapes, grain_of(begins))
        if [w.shape for w in learned] != shapes:
            raise UserError(f"{path} holds weights of another network; start from its own options")
        begins.set_weights(learned)
    if begins is not generator:
        copy_by_name(begins, generator)


def _for(generator: keras.Model, look: int) -> keras.Model:
    """Give what is to be loaded: the generator, or one without looks where the start has none."""
    return without_shifts(generator) if look_of(generator) and not look else generator


def _load_file(path: Path, file: Generator, generator: keras.Model, sketches: np.ndarray) -> None:
    same_size = resized(generator, file.size)
    folded = file.look and not look_of(generator)
    kernels = read_kernels(path, [MEAN_LOOK] * file.look if folded else ())
    wide = _wide(generator, kernels)
    if not wide:
        shapes = [tuple(each.kernel.shape) for each in convolutions(generator)]
        grown = _with_grain([kernel for kernel, _ in kernels], shapes, grain_of(generator))
        kernels = [(kernel, bias) for kernel, (_, bias) in zip(grown, kernels, strict=True)]
    set_kernels(wide or generator, kernels, path)
    if wide:
        slim_down(wide, generator, sketches)
    restore_batchnorms(generator, sketches)
    some = [cv2.resize(each, sides(file.size)[::-1]) for each in evenly_spaced(sketches, BATCH)]
    few = samples.with_looks(np.stack(some), 0 if folded else file.look)
    same = metrics.psnr(samples.generate(same_size, few), file(few)).mean()
    if wide:
        print(f"{generator.name} begins with what {path.name} generates, at {same:.1f} dB")
    elif same < LEAST_PSNR:
        raise UserError(f"{path} generates other pictures than its weights do here ({same:.1f} dB)")


def _with_grain(weights: list[np.ndarray], shapes: list[tuple], grain: int) -> list[np.ndarray]:
    """Give kernels [H, W, in, out] that lack what takes planes of grain zeros in its place."""
    if len(weights) != len(shapes):
        return weights
    lacking = [
        (*shape[:2], shape[2] - grain, *shape[3:]) if len(shape) == 4 else () for shape in shapes
    ]
    return [
        np.pad(each, ((0, 0), (0, 0), (0, grain), (0, 0))) if each.shape == lack else each
        for each, lack in zip(weights, lacking, strict=True)
    ]


def _wide(generator: keras.Model, kernels: KernelsAndBiases) -> keras.Model | None:
    """The shuffle_unet that these kernels belong to, where a slim_unet is to begin with them."""
    if generator.name != "slim_unet":
        return None
    first, _ = kernels[0]
    _, height, across, _ = generator.output_shape
    size, width = size_of(across, height), first.shape[-1] * 8 // STAGES[0]
    for grain in {0, grain_of(generator)}:
        wide = shuffle_unet(size, width=width, grain=grain)
        most, theirs = (max(x.filters for x in convolutions(each)) for each in (generator, wide))
        if most <= theirs and have_the_shapes_of(wide, kernels):
            return wide
    return None
