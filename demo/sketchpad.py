"""The canvas to draw on: what is in `pad/`, in a `gr.HTML`, and its value.

Gradio's own `Sketchpad` sends each stroke in four requests, keeps what it is sent for good, and
cannot be used with a keyboard. This one sends a stroke in one request, a PNG of the model's size.
"""

import re
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demo.canvas import data_url, read_data_url
from demo.cards import SketchCard
from demo.texts import TEXTS

_HERE = Path(__file__).parent
PAD = _HERE / "pad"


def sketchpad(card: SketchCard) -> gr.HTML:
    """Return the component, set up for a card; its `input` event comes once a stroke."""
    examples = sorted((card.folder / "examples").glob("*.png"))
    return gr.HTML(
        {
            "size": card.size,
            "background": card.background,
            "palette": card.palette,
            "brush": card.brush,
            "examples": [data_url(path.read_bytes()) for path in examples],
        },
        html_template='<div class="pad"></div>',
        css_template=(PAD / "pad.css").read_text(encoding="utf-8"),
        js_on_load=script("dom.js", "drawing.js", "pad.js", "gradio.js"),
        apply_default_css=False,
        elem_classes="sketch",
        texts=TEXTS,
    )


def script(*modules: str) -> str:
    """Return modules of `pad/` as one script, as Gradio runs a function's body and no module.

    Each may import from those named before it.
    """
    text = "\n".join((PAD / name).read_text(encoding="utf-8") for name in modules)
    return re.sub(r"^(import .*\n|export )", "", text, flags=re.MULTILINE)


def drawn(value: Any) -> Image.Image | None:
    """Return what is drawn, given the component's value; None before the first stroke.

    Raises `UserError` for a value that the page does not send.
    """
    if not isinstance(value, dict) or not isinstance(value.get("drawing"), str):
        return None
    return read_data_url(value["drawing"])
