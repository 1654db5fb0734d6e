"""A model's tab, as a Gradio component: the studio of `pad/`, and where it gets its pictures.

Gradio's own events send a stroke in three requests and its picture through a file. This component
draws and asks by itself: a stroke is one request to `demo.pictures`, or none where the model runs
in the visitor's browser.
"""

import gradio as gr

from demo.browser import PAD, PLACE
from demo.cards import Card


def sketchpad(card: Card, *, engines: bool, preferred: bool) -> gr.HTML:
    """Return the component for a card.

    With `engines` the visitor chooses where the model runs; with `preferred`, too, their browser is
    tried first.
    """
    return gr.HTML(
        {
            "bundle": f"{PLACE}/bundles/{card.name}/",
            "pictures": f"pictures/{card.name}",
            "engines": f"{PLACE}/page/" if engines else None,
            "browser": preferred,
        },
        html_template='<div class="frame"><div class="studio"></div></div>',
        css_template="".join((PAD / name).read_text("utf-8") for name in ("pad.css", "studio.css")),
        js_on_load=f'import(new URL("{PLACE}/pad/tab.js", document.baseURI))'
        ".then(({ start }) => start(element, props));",
        apply_default_css=False,
        elem_classes="tab",
    )
