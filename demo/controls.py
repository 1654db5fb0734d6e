"""Components that every tab has: the picture, a status line, the choice of a number format."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from demo.cards import Card
from demo.texts import TEXTS, label, language

# All that makes a picture waits in one line: the models share a machine.
MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1}

_CRISP = 128  # Pictures of fewer pixels a side are enlarged as squares, not blurred.


def picture(card: Card) -> gr.Image:
    """Return the place of the picture."""
    return gr.Image(
        label=label("picture"),
        show_label=False,
        format="png",
        interactive=False,
        buttons=["download"],
        elem_classes=["picture", *crisp(card)],
    )


def crisp(card: Card) -> list[str]:
    """Return the class of what shows a card's pictures, where they are small."""
    return ["crisp"] if card.size < _CRISP else []


def status() -> gr.HTML:
    """Return the line below the picture, which a screen reader reads out when it changes."""
    return gr.HTML(
        html_template='<p role="status">${value}</p>',
        value="",
        elem_classes="status",
    )


def formats(card: Card) -> gr.Radio:
    """Return the choice of one of the card's files."""
    return gr.Radio(
        [(_short(file), file) for file in card.files],
        value=next(iter(card.files)),
        label=label("file"),
        elem_classes="file",
    )


def choices(cards: Mapping[str, Card]) -> tuple[gr.Dropdown, gr.Radio]:
    """Return what a program chooses: one of these models, the first if it does not, and a file."""
    first = next(iter(cards.values()))
    files = {file: None for card in cards.values() for file in card.files}
    return (
        gr.Dropdown(list(cards), value=first.name, label="model"),
        gr.Radio(list(files), value=next(iter(first.files)), label="file"),
    )


def words(request: gr.Request) -> dict[str, str]:
    """Return the page's words in the visitor's language."""
    return TEXTS[language(request.headers.get("accept-language"))]


def took(request: gr.Request, file: str, milliseconds: float) -> str:
    """Return what `status` says of a picture."""
    return words(request)["took"].format(name=_short(file), milliseconds=f"{milliseconds:.1f}")


def refused(error: Exception) -> gr.Error:
    """Return a `UserError` as one that Gradio shows, to a person and to a program."""
    return gr.Error(str(error), print_exception=False)


def _short(file: str) -> str:
    return file.removeprefix("tflite-")
