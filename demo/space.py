"""A folder that is a hosted Gradio space: app, bundles, what to install, a page about it."""

import contextlib
import json
import os
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from demo import browser
from demo.cards import Card, LatentCard, SketchCard, load_card, read_model
from demo.errors import UserError

_HERE = Path(__file__).parent
CODE = ("*.py", "*.css", "*.json", "pad/*")  # Of this package; bundles and the page lie elsewhere.
PARTS = ("demo", "bundles", "requirements.txt", "app.py", "README.md")  # What is ours in a space.
MARKS = {"sdk: gradio", "app_file: app.py"}  # In the front matter of a space's README.
_FRESH, _OLD = ".garabato-fresh", ".garabato-old"  # Folders in a space while it is written again.

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
    """Write the space, ready to be uploaded as it is, whole or not at all.

    Args:
        folder: a new or empty folder, or a space written before, whose parts are replaced once all
            new ones are there. What is not the space's own, such as its `.git`, stays.
        bundles: folders with a card.json; each file is checked against its card. They may lie in
            the space that is replaced.

    Raises:
        UserError: the folder holds something else, a bundle is damaged or has the name of another
            one, or the disk refuses; what was in the folder is as it was.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; give a folder for the space")
    if not _is_space(folder) and any(p.name != ".git" for p in _inside(folder)):
        raise UserError(f"{folder} holds something else than a space; give another folder")
    made = not folder.exists()
    try:
        _bring_back(folder)
        cards = _checked(bundles)
        fresh = folder / _FRESH
        fresh.mkdir(parents=True)
        _fill(fresh, cards)
        _replace_parts(folder, fresh)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"cannot write {folder}: {reason}; what was there is intact") from None
    finally:
        shutil.rmtree(folder / _FRESH, ignore_errors=True)
        if made and not any(_inside(folder)):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _inside(folder: Path) -> list[Path]:
    """What is in a folder, but for what a killed process left there."""
    every = folder.iterdir() if folder.is_dir() else ()
    return [path for path in every if path.name not in (_FRESH, _OLD)]


def _is_space(folder: Path) -> bool:
    """Whether a folder's README has the front matter of a space, or a killed process left one."""
    if (folder / _FRESH).is_dir() or (folder / _OLD).is_dir():
        return True
    try:
        text = (folder / "README.md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    lines = [line.strip() for line in text.splitlines()]
    if lines[:1] != ["---"] or "---" not in lines[1:]:
        return False
    return set(lines[1 : lines.index("---", 1)]) >= MARKS


def _checked(bundles: Sequence[Path]) -> list[SketchCard | LatentCard]:
    cards = [load_card(bundle) for bundle in bundles]
    if len({card.name for card in cards}) < len(cards):
        raise UserError(f"two bundles are named {', '.join(sorted(card.name for card in cards))}")
    for card in cards:
        for file in card.files.values():
            read_model(file)
    return cards


def _fill(folder: Path, cards: Sequence[Card]) -> None:
    """Write all parts of a space into an empty folder."""
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


def _replace_parts(folder: Path, fresh: Path) -> None:
    """Put each fresh part in the place of the old one; all of them, or none."""
    old = folder / _OLD
    old.mkdir()
    try:
        for part in PARTS:
            if (folder / part).exists():
                os.rename(folder / part, old / part)
        for part in PARTS:
            os.rename(fresh / part, folder / part)
    except BaseException:
        _bring_back(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _bring_back(folder: Path) -> None:
    """Undo what was not finished: old parts that were moved away take their places again."""
    old = folder / _OLD
    for part in PARTS:
        if (old / part).exists():
            if (folder / part).is_dir():
                shutil.rmtree(folder / part)
            os.replace(old / part, folder / part)
    for left in (old, folder / _FRESH):
        shutil.rmtree(left, ignore_errors=True)


def _copy_bundle(card: Card, target: Path) -> None:
    """The card, the files that the app runs, the examples, and the pictures to check them by."""
    told = json.loads((card.folder / "card.json").read_text(encoding="utf-8"))
    for key in ("files", "parity", "latency"):  # Of what stays behind, nothing is told.
        told[key] = {file: told[key][file] for file in card.files if file in told.get(key, {})}
    target.mkdir(parents=True)
    (target / "card.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    for file in card.files.values():
        _copy(file.path, target / file.path.relative_to(card.folder))
    for folder in ("examples", "check"):
        for path in (card.folder / folder).glob("*.png"):
            _copy(path, target / folder / path.name)


def _about(card: Card) -> str:
    told = json.loads((card.folder / "card.json").read_text(encoding="utf-8"))
    data = told.get("data", {})
    source = f"trained on {data.get('name', 'photos')} (licence: {data.get('licence', 'unknown')})"
    return f"- `{card.name}`: {source}"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
