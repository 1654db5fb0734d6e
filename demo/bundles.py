"""Bundles: those that ship with the project, and a bundle's model, checked and loaded."""

from pathlib import Path

from demo.cards import BundleFile, Card, LatentCard, SketchCard, load_card, read_model
from demo.errors import UserError
from demo.generators import Generator, Sampler
from demo.sizes import Size, told

MODELS = Path(__file__).parent / "models"


def shipped() -> list[Path]:
    """Return the bundles that ship with the project: the flowers, then the others by name."""
    folders = (card.parent for card in MODELS.glob("*/card.json"))
    return sorted(folders, key=lambda folder: (folder.name != "flowers", folder.name))


def load_generator(
    folder: str | Path, file: str = "tflite-int8", at_once: int = 1, size: Size | None = None
) -> Generator:
    """Load one of a bundle's TFLite files, after checking its bytes and SHA-256.

    Up to `at_once` threads get pictures of it at the same time. They are of `size`, one of those
    that the bundle has; of the card's own if it is not told.

    Raises `UserError` as `load_card` does, when the bundle's model takes no drawings, when it has
    no such file, when its bytes are not those that the card describes, and when they are no model
    of the card's size.
    """
    card = load_card(folder)
    if not isinstance(card, SketchCard):
        raise UserError(f"{card.name} takes noise; expected a model that takes drawings")
    card = next((each for each in card.of_each_size if each.size == size), card)
    entry = _entry(card, file)
    try:
        look = len(card.looks.names) if card.looks else 0
        return Generator(read_model(entry), card.size, at_once, look)
    except (ValueError, RuntimeError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"{entry.path} is no image model of {told(card.size)} px ({error})"
        ) from None


def load_sampler(folder: str | Path, file: str, at_once: int = 1) -> Sampler:
    """Load one of a bundle's TFLite files, as `load_generator` does, of a model that takes noise.

    Raises `UserError` in the same cases.
    """
    card = load_card(folder)
    if not isinstance(card, LatentCard):
        raise UserError(f"{card.name} takes drawings; expected a model that takes noise")
    entry = _entry(card, file)
    try:
        return Sampler(read_model(entry), card.size, card.latent, len(card.labels), at_once)
    except (ValueError, RuntimeError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{entry.path} is not the model of its card ({error})") from None


def _entry(card: Card, file: str) -> BundleFile:
    if file not in card.files:
        raise UserError(f"{card.name} has no {file}; it has {', '.join(card.files)}")
    return card.files[file]
