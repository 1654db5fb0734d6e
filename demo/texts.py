"""Every word that the page shows, in English and Spanish."""

import json
from pathlib import Path
from typing import Any

import gradio as gr

_PATH = Path(__file__).with_name("texts.json")
# The page that runs without a server reads the same file.
TEXTS: dict[str, dict[str, str]] = json.loads(_PATH.read_text(encoding="utf-8"))

_LABELS = ("tagline", "other_picture", "picture", "file", "latent", "label", "seed", "goal", "dice")
# As Gradio's own labels take them; the prefix keeps them apart from words that Gradio brings.
I18N = gr.I18n(
    **{code: {f"garabato_{key}": texts[key] for key in _LABELS} for code, texts in TEXTS.items()}
)


def label(key: str) -> Any:
    """Return one of the words in the language of the browser that shows it."""
    return I18N(f"garabato_{key}")


def language(accept: str | None) -> str:
    """Return the language, "en" or "es", that an `Accept-Language` header asks for first."""
    first = (accept or "").split(",")[0].strip().lower()
    return "es" if first.split("-")[0].split(";")[0] == "es" else "en"
