"""What programs call: `/generate` turns a drawing into a picture, `/sample` a seed.

`/variations` makes several pictures of a drawing, where a model takes looks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np

from demo.canvas import read_picture
from demo.cards import Card
from demo.errors import UserError
from demo.latents import MAX_SEED, is_seed, noise
from demo.pictures import ROWS
from demo.serving import Models
from demo.uploads import make_room

# A program waits in one line; the page's visitors have a line of their own.
_LINE: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1}


def generate_api(models: Models) -> None:
    """Offer the models that take drawings to programs, as `/generate`.

    And as `/variations` those that take looks, if there are any.
    """

    def made(drawing: bytes | None, model: str, file: str, looks: Sequence[str]) -> list[Any]:
        try:
            image = read_picture(drawing) if drawing else None
            pictures, _ = models.run(image, model, file, looks)
            if not pictures:
                raise UserError("expected a drawing, got nothing, or background only")
        except UserError as error:
            raise _shown(error) from None
        make_room(sum(picture.nbytes for picture in pictures))  # For the files of Gradio's.
        return pictures

    def generate(drawing: bytes | None, model: str, file: str, look: str) -> np.ndarray:
        """Turn a drawing (PNG, JPEG or WebP, at most 4 megapixels and 2 MB) into a picture.

        Where the model takes looks, `look` is a name, bytes (12,200,...), a seed, or empty.
        """
        return made(drawing, model, file, [look])[0]

    def variations(
        drawing: bytes | None, model: str, file: str, count: int | None, seed: int | None
    ) -> list[np.ndarray]:
        """Turn a drawing into `count` pictures: of the looks of `seed` and the ones after it."""
        if count is None or not 1 <= count <= ROWS:
            raise _shown(UserError(f"expected 1 to {ROWS} pictures, got {count}"))
        last = MAX_SEED + 1 - count
        if not is_seed(seed) or seed > last:
            raise _shown(UserError(f"expected a seed from 0 to {last}, got {seed}"))
        return made(drawing, model, file, [str(seed + index) for index in range(count)])

    def drawing() -> gr.File:
        return gr.File(label="drawing", type="binary")

    with gr.Row(visible=False):
        gr.Button().click(
            generate,
            [drawing(), *_choices(models.sketches), gr.Textbox("", label="look")],
            gr.Image(label="picture", format="png"),
            api_name="generate",
            **_LINE,
        )
        with_looks = {name: card for name, card in models.sketches.items() if card.looks}
        if with_looks:
            numbers = [gr.Number(4, precision=0, label="count")]
            numbers.append(gr.Number(0, precision=0, label="seed"))
            gr.Button().click(
                variations,
                [drawing(), *_choices(with_looks), *numbers],
                gr.Gallery(label="pictures", format="png"),
                api_name="variations",
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
