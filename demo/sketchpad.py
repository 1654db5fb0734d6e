"""The canvas to draw on, as a Gradio component: the scripts of `pad/` in a `gr.HTML`.

Gradio's own `Sketchpad` sends each stroke in four requests, keeps what it is sent for good, and
cannot be used with a keyboard. This one sends a stroke in one request, a PNG of the model's size.
"""

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demo.canvas import read_data_url
from demo.cards import Card, SketchCard

_HERE = Path(__file__).parent
PAD = _HERE / "pad"
PLACE = "browser"  # Of the address: what browsers run, and read of a bundle, is below it.


def sketchpad(card: SketchCard) -> gr.HTML:
    """Return the component, set up for a card; its `input` event comes once a stroke."""
    examples = sorted((card.folder / "examples").glob("*.png"))
    return gr.HTML(
        {
            "size": card.size,
            "background": card.background,
            "palette": card.palette,
            "brush": card.brush,
            "examples": [f"{address(card)}examples/{path.name}" for path in examples],
        },
        html_template='<div class="pad"></div>',
        css_template=(PAD / "pad.css").read_text(encoding="utf-8"),
        js_on_load=script("gradio.js"),
        apply_default_css=False,
        elem_classes="sketch",
    )


def script(module: str) -> str:
    """Return a component's script: it starts a module of `pad/`, which a page loads once."""
    where = f'new URL("{PLACE}/pad/{module}", document.baseURI)'
    return f"import({where}).then(({{ start }}) => start(element, props, trigger));"


def address(card: Card) -> str:
    """Return where a bundle's files are served, relative to the page."""
    return f"{PLACE}/bundles/{card.name}/"


def drawn(value: Any) -> Image.Image | None:
    """Return what is drawn, given the component's value; None before the first stroke.

    Raises `UserError` for a value that the page does not send.
    """
    if not isinstance(value, dict) or not isinstance(value.get("drawing"), str):
        return None
    return read_data_url(value["drawing"])
