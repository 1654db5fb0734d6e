"""What programs call: `/generate` turns a drawing into a picture, `/sample` a seed."""

from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np

from demo.canvas import read_picture
from demo.cards import Card
from demo.errors import UserError
from demo.latents import MAX_SEED, is_seed, noise
from demo.serving import Models
from demo.uploads import make_room

# A program waits in one line; the page's visitors have a line of their own.
_LINE: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1}


def generate_api(models: Models) -> None:
    """Offer the models that take drawings to programs, as `/generate`."""

    def generate(drawing: bytes | None, model: str, file: str) -> np.ndarray:
        """Turn a drawing (PNG, JPEG or WebP, at most 4 megapixels and 2 MB) into a picture."""
        try:
            answer, _ = models.run(read_picture(drawing) if drawing else None, model, file)
            if answer is None:
                raise UserError("expected a drawing, got nothing, or background only")
        except UserError as error:
            raise _shown(error) from None
        make_room()  # For the file that Gradio makes of it.
        return answer

    with gr.Row(visible=False):
        gr.Button().click(
            generate,
            [gr.File(label="drawing", type="binary"), *_choices(models.sketches)],
            gr.Image(label="picture", format="png"),
            api_name="generate",
            **_LINE,
        )


def sample_api(models: Models) -> None:
    """Offer the models that take noise to programs, as `/sample`."""

    def sample(model: str, label: str, seed: int | None, file: str) -> np.ndarray:
        """Generate the picture of a seed, and of one of the model's labels (empty: the first)."""
        try:
            card = models.latent(model)
            if label and label not in card.labels:
                known = f"one of {', '.join(card.labels)}" if card.labels else "no label"
                raise UserError(f"expected {known}, got {label}")
            if not is_seed(seed):
                raise UserError(f"expected a seed from 0 to {MAX_SEED}, got {seed}")
            number = card.labels.index(label) if label else 0
            answer, _ = models.sample(noise(seed, card.latent), number, model, file)
        except UserError as error:
            raise _shown(error) from None
        make_room()  # For the file that Gradio makes of it.
        return answer

    with gr.Row(visible=False):
        model, file = _choices(models.latents)
        name = gr.Textbox("", label="label")
        seed = gr.Number(0, precision=0, label="seed")
        gr.Button().click(
            sample,
            [model, name, seed, file],
            gr.Image(label="picture", format="png"),
            api_name="sample",
            **_LINE,
        )


def _choices(cards: Mapping[str, Card]) -> tuple[gr.Dropdown, gr.Radio]:
    """Return what a program chooses: one of these models, the first if it does not, and a file."""
    first = next(iter(cards.values()))
    files = {file: None for card in cards.values() for file in card.files}
    return (
        gr.Dropdown(list(cards), value=first.name, label="model"),
        gr.Radio(list(files), value=next(iter(first.files)), label="file"),
    )


def _shown(error: UserError) -> gr.Error:
    """Return it as one that Gradio shows to a program."""
    return gr.Error(str(error), print_exception=False)
