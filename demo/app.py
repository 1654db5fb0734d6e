"""The sketchpad's page and its API: `build(bundles)` returns a `gr.Blocks` that is safe to launch.

A hosted space looks for a `demo` in this module: `from demo.app import demo` builds it, with the
bundle that ships with the project, the first time it is asked for; `demo.launch()` serves it.
"""

import html
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio_client.utils import is_file_obj_with_meta, traverse
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from demo import browser
from demo.canvas import read_picture
from demo.errors import UserError
from demo.guard import Guard, refuse_urls
from demo.serving import Models
from demo.sketchpad import drawn, setup, sketchpad
from demo.texts import LABELS, TEXTS, language

SHIPPED = Path(__file__).parent / "models" / "flowers"

_i18n = gr.I18n(**LABELS)
# System fonts only: Gradio's own themes bring fonts that a browser has to fetch.
_THEME = gr.themes.Default(
    primary_hue="pink", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
)
_LAUNCH: dict[str, Any] = {
    "share": False,
    "max_file_size": "2mb",
    "state_session_capacity": 200,
    "enable_monitoring": False,
    "run_history": False,
    "strict_cors": True,
    "ssr_mode": False,
    "mcp_server": False,
    "pwa": False,
    "footer_links": ["api"],
    "quiet": True,
    "theme": _THEME,
    "css_paths": Path(__file__).parent / "page.css",
    "i18n": _i18n,
}


class App(gr.Blocks):
    """A `gr.Blocks` that launches with this project's settings, and downloads no URL for anyone."""

    routes: list[BaseRoute] = []  # What is served besides Gradio's own.

    def launch(self, *args: Any, **options: Any) -> Any:
        """Launch with Gradio's `options` on top of the settings here; on loopback by default."""
        middleware = [Middleware(browser.Isolated), Middleware(Guard)]
        ours = {"app_kwargs": {"middleware": middleware, "routes": self.routes}}
        return super().launch(*args, **{**_LAUNCH, **ours, **options})

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Refuse files that are URLs, then read the inputs as Gradio does."""
        try:
            traverse(inputs, refuse_urls, is_file_obj_with_meta)
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return await super().preprocess_data(block_fn, inputs, *args, **kwargs)


def build(bundles: Sequence[str | Path], threads: int = 2) -> App:
    """Return the page for these bundles, the first one chosen; `threads` are those of a model.

    The visitor chooses where a model runs. On a hosted space, where many share a server, their
    browser is tried first.

    Raises `UserError` where `demo.bundles` does.
    """
    models = Models(bundles, threads)
    first = next(iter(models.cards.values()))
    preferred = "SPACE_ID" in os.environ

    def draw(
        value: Any, name: str, file: str, request: gr.Request
    ) -> tuple[np.ndarray | None, str]:
        texts = TEXTS[language(request.headers.get("accept-language"))]
        try:
            # A page that changes models may still have the choice of the one before.
            file = models.offered(name, file)
            picture, milliseconds = models.run(drawn(value), name, file)
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from None
        if picture is None:
            return None, texts["blank"]
        took = texts["took"].format(name=_short(file), milliseconds=f"{milliseconds:.1f}")
        return picture, html.escape(took)

    def switch(name: str, file: str) -> list[Any]:
        card = models.card(name)
        radio = gr.Radio(choices=_choices(card.files), value=models.offered(name, file))
        return [radio, setup(card), *([browser.choice(card, preferred)] if live else [])]

    def generate(drawing: str | None, model: str, file: str) -> np.ndarray:
        """Turn a drawing (PNG, JPEG or WebP, at most 4 megapixels and 2 MB) into a picture."""
        try:
            picture, _ = models.run(read_picture(drawing) if drawing else None, model, file)
            if picture is None:
                raise UserError("expected a drawing, got nothing, or background only")
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return picture

    with App(title="Garabato", analytics_enabled=False, delete_cache=(600, 600)) as page:
        gr.Markdown("# Garabato", elem_id="title")
        gr.Markdown(_label("tagline"), elem_id="tagline")
        with gr.Row(elem_id="desk"):
            with gr.Column(min_width=280):
                pad = sketchpad(first, elem_id="pad")
            with gr.Column(min_width=280):
                picture = gr.Image(
                    label=_label("picture"),
                    show_label=False,
                    format="png",
                    interactive=False,
                    buttons=["download"],
                    elem_id="picture",
                )
                status = gr.HTML(
                    html_template='<p role="status">${value}</p>',
                    value="",
                    elem_id="status",
                )
                live = browser.view(first, preferred, "live") if browser.engines() else None
                model = gr.Dropdown(
                    list(models.cards),
                    value=first.name,
                    label=_label("model"),
                    visible=len(models.cards) > 1,
                    filterable=False,
                    elem_id="model",
                )
                every = {file: None for card in models.cards.values() for file in card.files}
                file = gr.Radio(
                    _choices(every),
                    value=next(iter(first.files)),
                    label=_label("file"),
                    elem_id="file",
                )
        # One event for all that changes the picture, so that a later one is never overtaken; of the
        # strokes that come while one is at work, only the last is sent.
        gr.on(
            [page.load, pad.input, file.input],
            draw,
            [pad, model, file],
            [picture, status],
            trigger_mode="always_last",
            show_progress="hidden",
            preprocess=False,  # It would refuse the choice of another model; `draw` does not.
            concurrency_id="model",
            concurrency_limit=1,
            api_visibility="private",
        )
        model.change(
            switch,
            [model, file],
            # In this order: the canvas, when it is set up, asks for a picture.
            [file, pad, *([live] if live else [])],
            show_progress="hidden",
            preprocess=False,
            api_visibility="private",
        )
        with gr.Row(visible=False):
            upload = gr.File(label="drawing", type="filepath")
            answer = gr.Image(label="picture", format="png")
            gr.Button().click(
                generate,
                [upload, model, file],
                answer,
                api_name="generate",
                concurrency_id="model",
                concurrency_limit=1,
            )
    page.queue(max_size=32)
    if live:
        page.routes = browser.routes(models.cards)
    return page


def _label(key: str) -> Any:
    return _i18n(f"garabato_{key}")


def _choices(files: Any) -> list[tuple[str, str]]:
    return [(_short(file), file) for file in files]


def _short(file: str) -> str:
    return file.removeprefix("tflite-")


def __getattr__(name: str) -> Any:
    """Build `demo` when a hosted space asks for it: importing this module loads no model."""
    if name != "demo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["demo"] = build([SHIPPED])
    return globals()["demo"]
