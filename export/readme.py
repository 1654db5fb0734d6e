"""A bundle's README.md: a model card for a hub and for people, which says how to run each file."""

import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from export.card import measured
from export.formats import FORMATS
from export.hub import front_matter
from export.part import fitted
from export.serving import in_keras
from training.errors import UserError
from training.networks.inputs import IMAGE_TO_IMAGE, LABEL_TO_IMAGE, NOISE_TO_IMAGE, Inputs
from training.networks.resized import picture_size
from training.runs.sheets import legible, sheet
from training.size import from_json, sides
from training.transfer.bundle import sources

README = "README.md"
SAMPLES = "samples.jpg"
SHOWN = 16  # Pictures on the sheet, at most.
MARK = "<!-- Written by `python -m export`, which leaves a README without this line alone. -->"

SAYS = {
    IMAGE_TO_IMAGE: "From a picture to a picture, {size} pixels, RGB, 0 to 255.",
    LABEL_TO_IMAGE: "From a label and noise to a picture, {size} pixels, RGB, 0 to 255.",
    NOISE_TO_IMAGE: "From noise to a picture, {size} pixels, RGB, 0 to 255.",
}
GIVEN = {  # By name of an input, what a Python program has to give.
    "sketch": 'np.asarray(Image.open("check/drawing.png").convert("RGB"), np.{dtype})[None]',
    "look": "np.full({shape}, 128, np.{dtype})  # 128 each is the mean answer",
    "label": "np.array([0], np.int32)  # or another of the {labels}",
    "noise": "np.random.default_rng(0).standard_normal({shape}, np.float32)",
}
RUN = {  # By module of `FORMATS`, which package runs its files in Python, and how.
    "tflite": (
        "from ai_edge_litert.interpreter import Interpreter",
        'serve = Interpreter({path}).get_signature_runner()\nphoto = serve({keywords})["photo"]',
    ),
    "onnx": (
        "import onnxruntime",
        'photo = onnxruntime.InferenceSession({path}).run(["photo"], {{{pairs}}})[0]',
    ),
    "saved_model": (
        "import tensorflow as tf",
        'serve = tf.saved_model.load({path}).signatures["serving_default"]\n'
        'photo = serve({tensors})["photo"].numpy()',
    ),
}
TITLES = {
    "tflite": "LiteRT (`ai-edge-litert`)",
    "onnx": "ONNX Runtime (`onnxruntime`)",
    "saved_model": "TensorFlow",
}
ELSEWHERE = {  # By module, where its files run that no Python does.
    "tflite": (
        "Android and iOS",
        "The same file, in Kotlin, with `com.google.ai.edge.litert:litert`; each value is a direct "
        "`ByteBuffer` with the numbers of that input or output:\n\n"
        "```kotlin\n"
        'interpreter.runSignature(mapOf({kotlin}), mapOf("photo" to photo), "serving_default")\n'
        "```",
    ),
    "tfjs": (
        "TensorFlow.js (`@tensorflow/tfjs`)",
        "```js\n"
        'const generator = await tf.loadGraphModel("{path}/model.json");\n'
        "const photo = generator.execute({{ {names} }}); // tensors, all float32 but a label\n"
        "```",
    ),
}


def write(folder: Path, card: dict[str, Any], replaced: Path, source: Path) -> None:
    """Write it into `folder`, whose other files are there, for a bundle with this card.

    Where somebody wrote one of their own into `replaced`, the bundle that `folder` takes the place
    of, nothing is written; one of their own in `source`, the bundle that it is made from, goes
    along, as a licence may ask for what it says.

    Raises:
        UserError: the card does not say what the model takes.
    """
    if not is_ours(replaced):
        return
    if not is_ours(source):
        shutil.copyfile(source / README, folder / README)
    else:
        (folder / README).write_text(_text(folder, card), encoding="utf-8")


def write_samples(folder: Path, generator: keras.Model, inputs: Inputs) -> None:
    """Write the sheet: what a generator makes of the first inputs, below the sketches if any."""
    shown = fitted(
        {name: values[:SHOWN] for name, values in inputs.items()}, picture_size(generator)
    )
    pictures = [np.clip(np.rint(in_keras(generator, shown)), 0, 255).astype(np.uint8)]
    if "sketch" in shown:
        pictures.insert(0, shown["sketch"])
    sheet(*map(legible, pictures)).save(folder / SAMPLES, quality=90)


def is_ours(bundle: Path) -> bool:
    """Tell whether a bundle has no README, or one that an export wrote."""
    path = bundle / README
    if not path.exists():
        return True
    return path.is_file() and MARK in path.read_text(encoding="utf-8", errors="replace")


def _text(folder: Path, card: dict[str, Any]) -> str:
    parts = [
        front_matter(card) + f"\n{MARK}",
        f"# {_plain(card.get('title') or card['name'])}",
        SAYS[card["task"]].format(size=_sizes(card)),
        *_pictures(folder),
        _files(card),
        *(f"## {title}\n\n{use}" for title, use in _uses(folder, card)),
        _origin(card),
    ]
    return "\n\n".join(parts) + "\n"


def _pictures(folder: Path) -> Iterator[str]:
    if (folder / SAMPLES).is_file():
        yield f"![What it makes, not picked]({SAMPLES})"
        return
    pictures = {"A drawing": "check/drawing.png", "What it makes": "check/answer.png"}
    links = [f"![{name}]({path})" for name, path in pictures.items() if (folder / path).is_file()]
    if links:
        yield " ".join(links)


def _files(card: dict[str, Any]) -> str:
    lines = ["| file | MB | numbers in and out | ms a picture | PSNR to Keras |"]
    lines += ["|---|---:|---|---:|---:|"]
    for file in measured(card):
        timed, compared = file["milliseconds"] is not None, file["psnr"] is not None
        cells = [
            f"`{file['path']}`",
            f"{file['bytes'] / 1e6:.2f}",
            FORMATS[file["format"]].dtype,
            f"{file['milliseconds']:.1f} ({file['threads']} threads)" if timed else "",
            f"{file['psnr']:.1f} dB" if compared else "not compared",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _uses(folder: Path, card: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Titles and texts: how to run the first file of each kind, and the page if it is there."""
    first = {kind.module: kind for key, kind in reversed(FORMATS.items()) if key in card["files"]}
    shapes = _shapes(card)
    for module in [each for each in RUN if each in first]:
        kind = first[module]
        package, run = RUN[module]
        given = "\n".join(
            f"{name} = "
            + GIVEN[name].format(dtype=kind.dtype, shape=shape, labels=len(card["labels"]))
            for name, shape in shapes.items()
        )
        called = run.format(
            path=f'"{kind.path}"',
            keywords=", ".join(f"{name}={name}" for name in shapes),
            pairs=", ".join(f'"{name}": {name}' for name in shapes),
            tensors=", ".join(f"{name}=tf.constant({name})" for name in shapes),
        )
        save = 'Image.fromarray(photo[0].round().clip(0, 255).astype(np.uint8)).save("photo.png")'
        imports = sorted(["import numpy as np", package], key=lambda line: line.split()[1])
        code = [*imports, "from PIL import Image", "", given, called, save]
        yield TITLES[module], "```python\n" + "\n".join(code) + "\n```"
    for module in [each for each in ELSEWHERE if each in first]:
        title, use = ELSEWHERE[module]
        yield (
            title,
            use.format(
                path=first[module].path,
                names=", ".join(shapes),
                kotlin=", ".join(f'"{name}" to {name}' for name in shapes),
            ),
        )
    if (folder / "index.html").is_file():
        yield (
            "In a browser",
            "`python3 -m http.server` in this folder, or any static host: a page to try it.",
        )


def _sizes(card: dict[str, Any]) -> str:
    """The sizes that there are files for, width x height."""
    every = [sides(from_json(part["size"])) for part in (card, *card.get("sizes", ()))]
    return " or ".join(f"{width} x {height}" for height, width in every)


def _shapes(card: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of a card's inputs by their names."""
    try:
        shapes = {each["name"]: tuple(map(int, each["shape"])) for each in card["inputs"]}
    except (LookupError, TypeError, ValueError):
        shapes = {}
    if not shapes or not set(shapes) <= set(GIVEN):
        raise UserError(f"expected inputs of {', '.join(GIVEN)} in the card; get the bundle again")
    return shapes


def _origin(card: dict[str, Any]) -> str:
    own, *earlier = (
        f"{_plain(each['name'])} (licence: {_plain(each['licence'])})" for each in sources(card)
    )
    seen = f"{_plain(card['training'].get('images_seen', 'some'))} pictures seen"
    start = card["training"].get("start")
    if isinstance(start, dict):  # The card counts what this run saw, and not what came before.
        name = _plain(start.get("name", "another one"))
        seen += f" in the last stretch alone, which began with the weights of {name}"
    recipe = _plain(card["training"].get("recipe", "unknown"))
    author = f"Made by {_plain(card['author'])}. " if card.get("author") else ""
    begun = (
        f"It began with what others had learned from {' and '.join(earlier)}. " if earlier else ""
    )
    return (
        f"## Where it comes from\n\n{author}"
        f"Trained as `{recipe}` on {own}, {seen}. {begun}What it was given, "
        "and with what it was made, is in `card.json`; it knows nothing but such pictures."
    )


def _plain(text: Any) -> str:
    """Anybody's text as text: one line, and nothing that HTML or Markdown take for their own."""
    line = html.escape(" ".join(str(text).split()))
    return re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", line)
