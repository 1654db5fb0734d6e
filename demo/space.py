"""Write a folder for a hosted space: with a server of Gradio's, or as a page that needs none.

Both bring bundles, and a page about it whose head tells the host what to do.
"""

import html
import json
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from demo import browser
from demo.cards import FORMATS, BundleFile, Card, SketchCard, load_card, read_model
from demo.carried import trim
from demo.errors import UserError
from demo.replaced import made_in, recover, swap
from demo.typed import typed

_HERE = Path(__file__).parent
CODE = ("*.py", "*.css", "*.json", "pad/*")  # Of this package; bundles and the page lie elsewhere.
MARKS = ({"title: Garabato", "sdk: gradio"}, {"title: Garabato", "sdk: static"})  # Of a README.
PARTS = (  # Of both kinds.
    *("demo", "bundles", "requirements.txt", "app.py"),
    *("index.html", "service-worker.js", "page", "models.json", "README.md"),
)

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
{kind}
pinned: false
license: mit
short_description: Draw a doodle, get a picture
---

Where a model takes drawings, draw on the left; the picture on the right follows the pen. {where}
Where a model takes noise, choose a seed, move the sliders, and watch one seed become another.

{models}
"""
_GRADIO = (
    f'sdk: gradio\nsdk_version: {version("gradio")}\npython_version: "3.12"\napp_file: app.py',
    "The model\nruns in your browser; where that cannot be, and for the API, on the server.",
)
_STATIC = (
    "sdk: static\napp_file: index.html\ncustom_headers:\n"
    + "\n".join(f"  {name.lower()}: {value}" for name, value in browser.HEADERS.items()),
    "The model\nruns in your browser: nothing that you draw is sent anywhere.",
)


def write_space(folder: Path, bundles: Sequence[Path], static: bool = False) -> None:
    """Write the space, ready to be uploaded as it is.

    It is written whole or not at all: the parts are made beside the old ones, and take their place
    when all are there. What a killed write left behind is cleared away by the next.

    Args:
        folder: a new or empty folder, or a space written before, whose parts are replaced. What is
            not the space's own, such as its `.git`, stays.
        bundles: folders with a card.json, in the space itself, too; each file is checked against
            its card.
        static: write the page that needs no server.

    Raises:
        UserError: the folder holds something else, a bundle is damaged or has the name of another
            one, or something cannot be read or written; or of a `static` space the page was not
            built, or a bundle has no file for a browser.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; give a folder")
    recover(folder, PARTS)
    if not _is_ours(folder):
        raise UserError(f"{folder} holds something else than a space; give another folder")
    cards = [load_card(bundle) for bundle in bundles]
    if len({card.name for card in cards}) < len(cards):
        raise UserError(f"two bundles are named {', '.join(sorted(card.name for card in cards))}")
    for card in cards:
        for file in _files(card):
            read_model(file)
    if static:
        _check_for_browsers(cards)
    existed = folder.exists()
    try:
        write_parts = _write_page if static else _write_app
        write_parts(made_in(folder), cards)
        swap(folder, PARTS)
    except OSError as error:
        recover(folder, PARTS)
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
    head = set(lines[1 : lines.index("---", 1)])
    return any(head >= marks for marks in MARKS)


def _check_for_browsers(cards: Sequence[Card]) -> None:
    if not browser.ENGINES.is_dir():
        raise UserError("the page is not built yet: `npm ci && npm run build` in demo/web makes it")
    for card in cards:
        told = json.loads((card.folder / "card.json").read_text(encoding="utf-8"))
        if isinstance(card, SketchCard) and not {"tflite-int8", "tfjs"} & set(told["files"]):
            raise UserError(
                f"{card.folder} has no file that every browser runs; complete it by `"
                f"{typed('export', card.folder, 'BUNDLE', '--formats', 'web')}`, and take that"
            )


def _write_app(folder: Path, cards: Sequence[Card]) -> None:
    """The parts of a space with a server."""
    for pattern in CODE:
        for path in _HERE.glob(pattern):
            _copy(path, folder / "demo" / path.relative_to(_HERE))
    for path in browser.engines():
        _copy(path, folder / "demo" / path.relative_to(_HERE))
    _copy(_HERE / "requirements.txt", folder / "requirements.txt")
    paths = ", ".join(f'"{path}"' for path in _write_bundles(folder, cards, FORMATS))
    (folder / "app.py").write_text(_APP.format(bundles=f"[{paths}]"), encoding="utf-8")
    _write_readme(folder, cards, *_GRADIO)


def _write_page(folder: Path, cards: Sequence[Card]) -> None:
    """The parts of a space that needs no server, which are what `demo/web` builds, and bundles."""
    shutil.copytree(browser.ENGINES.parent, folder)
    paths = [f"{path}/" for path in _write_bundles(folder, cards, (*FORMATS, "tfjs"))]
    (folder / "models.json").write_text(json.dumps(paths) + "\n", encoding="utf-8")
    _write_readme(folder, cards, *_STATIC)


def _write_bundles(folder: Path, cards: Sequence[Card], formats: Sequence[str]) -> list[str]:
    """Copy what a space runs of the bundles, and return where they lie in it."""
    for card in cards:
        _copy_bundle(card, folder / "bundles" / card.name, formats)
    return [f"bundles/{card.name}" for card in cards]


def _write_readme(folder: Path, cards: Sequence[Card], kind: str, where: str) -> None:
    models = "\n".join(_about(card) for card in cards)
    text = _README.format(kind=kind, where=where, models=models)
    (folder / "README.md").write_text(text, encoding="utf-8")


def _copy_bundle(card: Card, target: Path, formats: Sequence[str]) -> None:
    """The card, its README with what a licence asks for, what is run, examples, and checks."""
    told = json.loads((card.folder / "card.json").read_text(encoding="utf-8"))
    trim(told, formats)  # Of what stays behind, nothing is told.
    target.mkdir(parents=True)
    (target / "card.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    for file in _files(card):
        _copy(file.path, target / file.path.relative_to(card.folder))
    for pattern in ("README.md", *browser.PICTURES, *(browser.TFJS if "tfjs" in formats else ())):
        for path in card.folder.glob(pattern):
            _copy(path, target / path.relative_to(card.folder))


def _files(card: Card) -> list[BundleFile]:
    """The files of all sizes."""
    return [file for each in card.of_each_size for file in each.files.values()]


def _about(card: Card) -> str:
    told = json.loads((card.folder / "card.json").read_text(encoding="utf-8"))
    data = told.get("data", {})
    words = [data.get("name", "photos"), data.get("licence", "unknown")]
    words += [told.get("title") or "", told.get("author") or ""]
    # Whoever made the bundle chose the words: a page is to show them, and not to follow them.
    name, licence, title, author = (html.escape(" ".join(str(text).split())) for text in words)
    called = f"{title} (`{card.name}`)" if title else f"`{card.name}`"
    by = f", by {author}" if author else ""
    return f"- {called}{by}: trained on {name} (licence: {licence})"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
