"""`--batch auto`: the largest batch that the memory takes, as long as larger ones are faster."""

import dataclasses
from collections.abc import Callable
from typing import Any

from training.device import room_for_twice
from training.errors import UserError
from training.options import Auto

GAIN = 1.05  # So many times the images/s are worth twice the batch; less may be chance.
# What TensorFlow, XLA and cuDNN say where memory is short, whatever class their errors are of.
SHORT = ("RESOURCE_EXHAUSTED", "ResourceExhausted", "OOM when", "Out of memory", "ALLOC_FAILED")


def with_auto(recipe: Any, preset: Any) -> Any:
    """Let `--batch auto` begin with the preset's batch, for which its learning rate is."""
    if not isinstance(recipe.batch, Auto):
        return recipe
    return dataclasses.replace(recipe, batch=Auto(preset.batch))


def for_batch(recipe: Any, batch: int) -> Any:
    """Give the options of a recipe in steps of `batch`, which it has for steps of `recipe.batch`.

    Adam and its kin divide a gradient by its deviation, which falls with the square root of the
    batch, so the learning rate rises with it (Malladi et al. 2022, 2205.10287). Averaged weights
    go on reaching back over as many images (Busbridge et al. 2023, 2307.13813).
    """
    times = batch / recipe.batch
    changed = {"batch": batch, "learning_rate": recipe.learning_rate * times**0.5}
    if hasattr(recipe, "ema"):
        changed["ema"] = recipe.ema**times
    return dataclasses.replace(recipe, **changed)


def choose(recipe: Any, most: int, measure: Callable[[Any], float]) -> tuple[Any, str]:
    """Double a recipe's batch, up to `most`, while `measure(recipe)` says that images/s rise.

    Returns the recipe in steps of the last one that was worth it, and a line that says so.

    Raises:
        UserError: the memory does not take the batch to begin with.
    """
    first = best = int(recipe.batch)
    speed = _measured(recipe, first, measure)
    if speed is None:
        raise UserError(f"--batch auto: not even {first} fits into memory; name a smaller --batch")
    speeds = {first: speed}
    while not (reason := _reason_against(recipe, 2 * best, most)):
        speed = _measured(recipe, 2 * best, measure)
        if speed is None:
            reason = "does not fit into memory"
            break
        if speed < GAIN * speeds[best]:
            reason = f"is not faster ({speed:.1f})"
            break
        best *= 2
        speeds[best] = speed
    chosen = for_batch(recipe, best)
    begun = f" ({first}: {speeds[first]:.1f})" if best > first else ""
    return chosen, (
        f"batch {best}: {speeds[best]:.1f} images/s{begun}, as {2 * best} {reason}; "
        f"learning rate {chosen.learning_rate:.3g}"
    )


def _reason_against(recipe: Any, batch: int, most: int) -> str:
    """Why a larger batch is not even tried, empty where it is."""
    try:
        for_batch(recipe, batch).check()
    except UserError:
        return "is more than the recipe takes"
    if batch > most:
        return "is too much of an epoch, or of the data"
    return "" if room_for_twice() else "may not fit into memory"


def _measured(recipe: Any, batch: int, measure: Callable[[Any], float]) -> float | None:
    """Images/s; None where memory is short."""
    try:
        return measure(for_batch(recipe, batch))
    except Exception as error:
        if not _is_short(error):
            raise
    return None


def _is_short(error: BaseException | None) -> bool:
    """Tell whether memory was short, also where what Keras tidies up fails after it."""
    while error:
        told = f"{type(error).__name__} {error}"
        if isinstance(error, MemoryError) or any(word in told for word in SHORT):
            return True
        error = error.__context__
    return False
