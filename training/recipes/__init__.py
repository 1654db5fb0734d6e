"""Recipes: one generative system a file, each an options dataclass and a model."""

from typing import Any

from training.errors import UserError
from training.options import AS_BEFORE, GONE
from training.recipes import cgan, cyclegan, dcgan, denoise, gan, pix2pix, progressive, vae

# Name on the command line -> presets by name, the first of which is the default.
RECIPES: dict[str, dict[str, Any]] = {
    "pix2pix": pix2pix.PRESETS,
    "cgan": cgan.PRESETS,
    "dcgan": dcgan.PRESETS,
    "gan": gan.PRESETS,
    "vae": vae.PRESETS,
    "denoise": denoise.PRESETS,
    "cyclegan": cyclegan.PRESETS,
    "progressive": progressive.PRESETS,
}


def recipe_from(config: dict[str, Any]) -> Any:
    """Rebuild a recipe from a run's configuration.

    Raises:
        UserError: a recipe or an option that this version does not know, or values out of range.
    """
    name, options = config.get("recipe"), config.get("options")
    if not isinstance(name, str) or not isinstance(options, dict):
        raise UserError("expected a recipe and its options")
    if name not in RECIPES:
        raise UserError(f"unknown recipe {name!r}; there are {', '.join(RECIPES)}")
    kind = type(next(iter(RECIPES[name].values())))
    try:
        # JSON has lists where a dataclass has tuples.
        kept = {k: v for k, v in options.items() if k not in GONE}
        known = {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()}
        as_before = {k: AS_BEFORE[k] for k in AS_BEFORE if hasattr(kind, k)}
        recipe = kind(**{**as_before, **known})
    except TypeError as error:
        raise UserError(f"{name} was trained by another version: {error}") from None
    recipe.check()
    return recipe
