"""Write a folder for a hosted Gradio space: app, bundles, what to install, a page about it."""

import html
import json
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from demo import browser
from demo.cards import FORMATS, BundleFile, Card, load_card, read_model
from demo.carried import trim
from demo.errors import UserError

_HERE = Path(__file__).parent
CODE = ("*.py", "*.css", "*.json", "pad/*")  # Of this package; bundles and the page lie elsewhere.
MARKS = {"title: Garabato", "sdk: gradio"}  # Lines that head the README of a space of ours.
PARTS = ("demo", "bundles", "requirements.txt", "app.py", "README.md")  # README.md last: it marks.
_WORK = ".garabato-write"  # In the space: the parts to come, and those that they take the place of.

_APP = """\
from demo.app import build

demo = build({bundles})

if __name__ == "__main__":
    demo.launch()
"""

_README = """\
---
title: Garabato
emoji: 🌸
colorFrom: pink
colorTo: green
sdk: gradio
sdk_version: {gradio}
python_version: "3.12"
app_file: app.py
pinned: false
license: mit
short_description: Draw a doodle, get a photograph
---

Where a model takes drawings, draw on the left; the picture on the right follows the pen. The model
runs in your browser; where that cannot be, and for the API, it runs on the server. Where a model
takes noise, choose a seed, move the sliders, and watch one seed become another.

{models}
"""


def write_space(folder: Path, bundles: Sequence[Path]) -> None:
    """Write the space, ready to be uploaded as it is.

    It is written whole or not at all: the parts are made beside the old ones, and take their place
    when all are there. What a killed write left behind is cleared away by the next.

    Args:
        folder: a new or empty folder, or a space written before, whose parts are replaced. What is
            not the space's own, such as its `.git`, stays.
        bundles: folders with a card.json, in the space itself, too; each file is checked against
            its card.

    Raises:
        UserError: the folder holds something else, a bundle is damaged or has the name of another
            one, or something cannot be read or written.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; give a folder")
    _recover(folder)
    if not _is_ours(folder):
        raise UserError(f"{folder} holds something else than a space; give another folder")
    cards = [load_card(bundle) for bundle in bundles]
    if len({card.name for card in cards}) < len(cards):
        raise UserError(f"two bundles are named {', '.join(sorted(card.name for card in cards))}")
    for card in cards:
        for file in _files(card):
            read_model(file)
    existed = folder.exists()
    try:
        _write_parts(folder / _WORK / "new", cards)
        _swap(folder)
    except OSError as error:
        _recover(folder)
        if not existed:
            shutil.rmtree(folder, ignore_errors=True)
        raise UserError(
            f"cannot write {folder} ({error}); what was there is as it was; mend it and try again"
        ) from None


def _is_ours(folder: Path) -> bool:
    """Tell whether a folder is absent, empty but for a `.git`, or a space that was written here."""
    if not folder.exists() or all(path.name == ".git" for path in folder.iterdir()):
        return True
    readme = folder / "README.md"
    if not readme.is_file():
        return False
    lines = readme.read_text(encoding="utf-8", errors="replace").splitlines()
    if lines[:1] != ["---"] or "---" not in lines[1:]:
        return False
    return set(lines[1 : lines.index("---", 1)]) >= MARKS


def _write_parts(folder: Path, cards: Sequence[Card]) -> None:
    for pattern in CODE:
        for path in _HERE.glob(pattern):
            _copy(path, folder / "demo" / path.relative_to(_HERE))
    for path in browser.engines():
        _copy(path, folder / "demo" / path.relative_to(_HERE))
    for card in cards:
        _copy_bundle(card, folder / "bundles" / card.name)
    _copy(_HERE / "requirements.txt", folder / "requirements.txt")
    paths = ", ".join(f'"bundles/{card.name}"' for card in cards)
    (folder / "app.py").write_text(_APP.format(bundles=f"[{paths}]"), encoding="utf-8")
    models = "\n".join(_about(card) for card in cards)
    text = _README.format(gradio=version("gradio"), models=models)
    (folder / "README.md").write_text(text, encoding="utf-8")


def _swap(folder: Path) -> None:
    """Put the new parts in the places of the old ones. From `old`, `_recover` can undo it."""
    old, new = folder / _WORK / "old", folder / _WORK / "new"
    old.mkdir()
    for part in PARTS:
        if (folder / part).exists():
            (folder / part).rename(old / part)
        (new / part).rename(folder / part)
    old.rename(folder / _WORK / "replaced")  # From here on the new parts are the space.
    shutil.rmtree(folder / _WORK, ignore_errors=True)


def _recover(folder: Path) -> None:
    """Undo a write that was not finished, and remove what it left."""
    old, new = folder / _WORK / "old", folder / _WORK / "new"
    if old.is_dir():
        for part in PARTS:
            if not (new / part).exists():
                (folder / part).rename(new / part)
            if (old / part).exists():
                (old / part).rename(folder / part)
        old.rmdir()
    shutil.rmtree(folder / _WORK, ignore_errors=True)


def _copy_bundle(card: Card, target: Path) -> None:
    """The card, the files that the app runs, the examples, and the pictures to check them by."""
    told = json.loads((card.folder / "card.json").read_text(encoding="utf-8"))
    trim(told, FORMATS)  # Of what stays behind, nothing is told.
    target.mkdir(parents=True)
    (target / "card.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    for file in _files(card):
        _copy(file.path, target / file.path.relative_to(card.folder))
    for pattern in browser.PICTURES:
        for path in card.folder.glob(pattern):
            _copy(path, target / path.relative_to(card.folder))


def _files(card: Card) -> list[BundleFile]:
    """The files of all sizes."""
    return [file for each in card.of_each_size for file in each.files.values()]


def _about(card: Card) -> str:
    told = json.loads((card.folder / "card.json").read_text(encoding="utf-8"))
    data = told.get("data", {})
    named = (data.get("name", "photos"), data.get("licence", "unknown"))
    # Whoever made the bundle chose the words: a page is to show them, and not to follow them.
    name, licence = (html.escape(" ".join(str(text).split())) for text in named)
    source = f"trained on {name} (licence: {licence})"
    return f"- `{card.name}`: {source}"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
