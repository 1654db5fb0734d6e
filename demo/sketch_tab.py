"""The tab of a model that takes drawings: draw on the left, see the picture on the right."""

from typing import Any

import gradio as gr
import numpy as np

from demo import browser
from demo.canvas import read_picture
from demo.cards import SketchCard
from demo.controls import MODEL, choices, formats, picture, refused, status, took, words
from demo.errors import UserError
from demo.serving import Models
from demo.sketchpad import drawn, sketchpad
from demo.texts import label


def sketch_tab(models: Models, card: SketchCard, loaded: Any, preferred: bool) -> None:
    """Lay out the tab; `loaded` is the event of the page's being opened.

    Where the engines are built the visitor chooses where the model runs; with `preferred` their
    browser is tried first.
    """

    def show(value: Any, file: str, request: gr.Request) -> tuple[np.ndarray | None, str]:
        try:
            answer, milliseconds = models.run(drawn(value), card.name, file)
        except UserError as error:
            raise refused(error) from None
        if answer is None:
            return None, words(request)["blank"]
        return answer, took(request, file, milliseconds)

    gr.Markdown(label("tagline" if card.doodles else "other_picture"), elem_classes="tagline")
    with gr.Row(elem_classes="studio"):
        with gr.Column(min_width=280):
            pad = sketchpad(card)
        with gr.Column(min_width=280):
            shown = picture(card)
            told = status()
            if browser.engines():
                browser.view(card, preferred)
            file = formats(card)
    # One event for all that changes the picture, so that a later one is never overtaken; of the
    # strokes that come while one is at work, only the last is sent.
    gr.on(
        [loaded, pad.input, file.input],
        show,
        [pad, file],
        [shown, told],
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
        **MODEL,
    )


def generate_api(models: Models) -> None:
    """Offer the models that take drawings to programs, as `/generate`."""

    def generate(drawing: bytes | None, model: str, file: str) -> np.ndarray:
        """Turn a drawing (PNG, JPEG or WebP, at most 4 megapixels and 2 MB) into a picture."""
        try:
            answer, _ = models.run(read_picture(drawing) if drawing else None, model, file)
            if answer is None:
                raise UserError("expected a drawing, got nothing, or background only")
        except UserError as error:
            raise refused(error) from None
        return answer

    with gr.Row(visible=False):
        gr.Button().click(
            generate,
            [gr.File(label="drawing", type="binary"), *choices(models.sketches)],
            gr.Image(label="picture", format="png"),
            api_name="generate",
            **MODEL,
        )
