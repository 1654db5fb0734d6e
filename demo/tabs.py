"""A tab for each model, under a name that a visitor understands; the small ones behind one tab."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from demo.cards import Card
from demo.texts import TEXTS

# Of the models that ship those that show what a recipe does, more than they are for drawing.
SIBLINGS = (
    *("cgan", "dandelion-to-sunflower", "dcgan", "denoise", "gan", "progressive"),
    *("sunflower-to-dandelion", "vae"),
)
MORE = "more"
NAMED = [key for key in TEXTS["en"] if key == MORE or key.startswith("model_")]
# Gradio takes the one of the visitor's language.
NAMES = gr.I18n(**{language: {k: texts[k] for k in NAMED} for language, texts in TEXTS.items()})


def tabs(cards: Sequence[Card], content: Callable[[Card], Any]) -> None:
    """Make a tab for each card, with its `content`; no tab where there is one card.

    The siblings are in tabs of their own behind one that is called More, if there are others.
    """
    if len(cards) == 1:
        content(cards[0])
        return
    first = [card for card in cards if card.name not in SIBLINGS] or cards
    rest = [card for card in cards if card not in first]
    with gr.Tabs():
        for card in first:
            with gr.Tab(_name(card)):
                content(card)
        if rest:
            with gr.Tab(NAMES(MORE)), gr.Tabs():
                for card in rest:
                    with gr.Tab(_name(card)):
                        content(card)


def _name(card: Card) -> Any:
    key = f"model_{card.name}"
    return NAMES(key) if key in NAMED else card.name
