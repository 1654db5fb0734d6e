"""The page and its API: `build(bundles)` returns a `gr.Blocks` that is safe to launch.

A hosted space looks for a `demo` in this module: `from demo.app import demo` builds it, with the
bundles that ship with the project, the first time it is asked for; `demo.launch()` serves it.
"""

from demo import environment  # noqa: F401  # isort: skip  # Gradio reads it at once.

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio_client.utils import is_file_obj_with_meta, traverse
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from demo import browser, uploads
from demo.api import generate_api, sample_api
from demo.bundles import shipped
from demo.errors import UserError
from demo.guard import UPLOAD, Guard
from demo.pictures import Pictures
from demo.serving import Models
from demo.sketchpad import sketchpad
from demo.tabs import NAMES, tabs

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
    "i18n": NAMES,
    "css_paths": Path(__file__).parent / "page.css",
}


GRACE = 1  # Seconds


class App(gr.Blocks):
    """A `gr.Blocks` that launches with this project's settings, and downloads no URL for anyone."""

    routes: list[BaseRoute] = []  # What is served besides Gradio's own.

    def launch(self, *args: Any, **options: Any) -> Any:
        """Launch with Gradio's `options` on top of the settings here; on loopback by default."""
        middleware = [Middleware(browser.Isolated), Middleware(Guard, page=self)]
        kept = uploads.Uploads(self.upload_file_set)
        upload = Route(UPLOAD, kept.take, methods=["POST"])
        ours = {"app_kwargs": {"middleware": middleware, "routes": [upload, *self.routes]}}
        launched = super().launch(*args, **{**_LAUNCH, **ours, **options})
        # When it is closed, streams that wait for news are cut after this long.
        self.server.config.timeout_graceful_shutdown = GRACE
        return launched

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Refuse files that were not uploaded, then read the inputs as Gradio does.

        What fails there fails by what the client sent: one line tells it so, and no traceback.
        """
        try:
            traverse(inputs, uploads.check_uploaded, is_file_obj_with_meta)
            return await super().preprocess_data(block_fn, inputs, *args, **kwargs)
        except gr.Error as error:
            error.print_exception = False
            raise
        except UserError as error:
            message = str(error)
        except (AttributeError, TypeError, ValueError) as error:
            message = "expected inputs as the page or its API describes them"
            print(f"refused: {type(error).__name__} in an input of {block_fn.name}", flush=True)
        raise gr.Error(message, print_exception=False)


def build(bundles: Sequence[str | Path], at_once: int | None = None) -> App:
    """Return the page for these bundles, in tabs.

    Up to `at_once` pictures are made at the same time, each by a core of its own; if it is not
    told, as many as this process has cores. The visitor chooses where a model runs; on a hosted
    space, where many share a server, their browser is tried first.

    Raises `UserError` where `demo.bundles` does.
    """
    models = Models(bundles, at_once or _cores())
    where = {"engines": bool(browser.engines()), "preferred": "SPACE_ID" in os.environ}
    with App(title="Garabato", analytics_enabled=False, delete_cache=(600, 600)) as page:
        gr.Markdown("# Garabato", elem_id="title")
        cards = list(models.cards.values())
        tabs(cards, lambda card: sketchpad(card, **where))
        if models.sketches:
            generate_api(models)
        if models.latents:
            sample_api(models)
    page.queue(max_size=32)
    page.routes = [*Pictures(models).routes(), *browser.routes(models.cards)]
    return page


def _cores() -> int:
    """Return how many cores this process may use; not every system tells, and then all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def __getattr__(name: str) -> Any:
    """Build `demo` when a hosted space asks for it: importing this module loads no model."""
    if name != "demo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["demo"] = build(shipped())
    return globals()["demo"]
