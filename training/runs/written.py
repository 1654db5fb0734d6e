"""Whether the files of a run still hold what `fit` writes: anything else is damaged."""

from collections.abc import Iterator
from typing import Any

from training.size import from_json


def missing(config: dict[str, Any]) -> Iterator[str]:
    """Yield the names of what is read of a configuration and is not there as `fit` writes it."""
    seed, images, data = (config.get(name) for name in ("seed", "epoch_images", "data"))
    try:
        sized = bool(from_json(config.get("size")))
    except ValueError:
        sized = False
    fits = {
        "recipe": isinstance(config.get("recipe"), str),
        "options": isinstance(config.get("options"), dict),
        "size": sized,
        "seed": isinstance(seed, int) and 0 <= seed < 2**32,
        "epoch_images": isinstance(images, int) and images > 0,
        "start": isinstance(config.get("start"), dict | None),
        "data": isinstance(data, dict) and isinstance(data.get("folder"), str),
    }
    return (name for name, right in fits.items() if not right)


def is_card(card: Any) -> bool:
    """Whether this is what `save_generators` writes of a finished epoch."""
    if not isinstance(card, dict) or not isinstance(card.get("weights"), dict):
        return False
    weights = card["weights"].values()
    return (
        bool(weights)
        and all(isinstance(card.get(name), dict) for name in ("training", "data"))
        and all(
            isinstance(each, dict)
            and isinstance(each.get("bytes"), int)
            and isinstance(each.get("sha256"), str)
            for each in weights
        )
    )
