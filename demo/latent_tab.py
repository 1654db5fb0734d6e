"""The tab of a model that takes noise: a label, a seed, a few sliders, and the way to a seed."""

import io
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from demo.canvas import data_url
from demo.cards import LatentCard
from demo.controls import MODEL, choices, crisp, formats, picture, refused, status, took, words
from demo.errors import UserError
from demo.latents import MAX_SEED, REACH, STEP, between, is_seed, moved, noise, places
from demo.serving import Models
from demo.texts import label

STEPS = 8  # Pictures on the way from one seed to another, both included.

# Short numbers, which a person can read out to another.
_ANOTHER_SEED = "() => Math.floor(Math.random() * 1_000_000)"


def latent_tab(models: Models, card: LatentCard, opened: Any) -> None:
    """Lay out the tab; `opened` is the event of its being shown."""

    def show(
        chosen: int,
        seed: int | None,
        sown: int,
        file: str,
        request: gr.Request,
        *sliders: float | None,
    ) -> list[Any]:
        if not is_seed(seed):  # The field is empty, say, while somebody types another seed.
            return [gr.skip(), words(request)["seeds"], *[gr.skip()] * (1 + len(sliders))]
        values = noise(seed, card.latent)
        standing = sliders if seed == sown else places(values)
        try:
            answer, milliseconds = models.sample(moved(values, standing), chosen, card.name, file)
        except UserError as error:
            raise refused(error) from None
        # While the seed stays the sliders do, too: somebody's hand is on one of them.
        moves = [gr.skip()] * len(sliders) if seed == sown else standing
        return [answer, took(request, file, milliseconds), seed, *moves]

    def walk(
        chosen: int, seed: int | None, other: int | None, file: str, request: gr.Request
    ) -> Any:
        if not is_seed(seed) or not is_seed(other):
            return {"told": words(request)["seeds"], "pictures": []}
        way = between(noise(seed, card.latent), noise(other, card.latent), STEPS)
        try:
            answers = [models.sample(step, chosen, card.name, file)[0] for step in way]
        except UserError as error:
            raise refused(error) from None
        told = words(request)["strip"].format(seed=seed, other=other)
        return {"told": told, "pictures": [_url(answer) for answer in answers]}

    gr.Markdown(label("latent"), elem_classes="tagline")
    with gr.Row(elem_classes=["studio", "latent"]):
        with gr.Column(min_width=280):
            chosen = _labels(card)
            seed = _seed(0, "seed")
            with gr.Group(elem_classes="sliders"):
                sliders = [
                    gr.Slider(-REACH, REACH, place, step=STEP, label=f"z{index}", buttons=[])
                    for index, place in enumerate(places(noise(0, card.latent)), 1)
                ]
            goal = _seed(1, "goal")
        with gr.Column(min_width=280):
            shown = picture(card)
            told = status()
            file = formats(card)
    strip = gr.HTML(
        {"told": "", "pictures": []},
        html_template="<figure><figcaption>{{value.told}}</figcaption><div>"
        '{{#each value.pictures}}<img src="{{this}}" alt="">{{/each}}</div></figure>',
        elem_classes=["strip", *crisp(card)],
    )
    sown = gr.State(0)  # The seed whose noise the sliders show.

    choosing = [chosen.input] if isinstance(chosen, gr.Radio) else []
    common: dict[str, Any] = {
        "trigger_mode": "always_last",
        "show_progress": "hidden",
        "api_visibility": "private",
        **MODEL,
    }
    # One event for all that changes the picture, so that a later one is never overtaken.
    gr.on(
        [opened, *choosing, seed.change, *(slider.input for slider in sliders), file.input],
        show,
        [chosen, seed, sown, file, *sliders],
        [shown, told, sown, *sliders],
        **common,
    )
    gr.on(
        [opened, *choosing, seed.change, goal.change, file.input],
        walk,
        [chosen, seed, goal, file],
        strip,
        **common,
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
            raise refused(error) from None
        return answer

    with gr.Row(visible=False):
        model, file = choices(models.latents)
        name = gr.Textbox("", label="label")
        seed = gr.Number(0, precision=0, label="seed")
        gr.Button().click(
            sample,
            [model, name, seed, file],
            gr.Image(label="picture", format="png"),
            api_name="sample",
            **MODEL,
        )


def _labels(card: LatentCard) -> gr.Radio | gr.State:
    """Return the choice of a label's number; of a model without labels, 0."""
    if not card.labels:
        return gr.State(0)
    names = [(name, number) for number, name in enumerate(card.labels)]
    return gr.Radio(names, value=0, label=label("label"), elem_classes="labels")


def _seed(value: int, name: str) -> gr.Number:
    """Return the field of a seed, with a button that rolls the dice for another."""
    with gr.Group(), gr.Row(elem_classes="seed"):
        seed = gr.Number(value, precision=0, label=label(name), min_width=120)
        gr.Button(label("dice"), min_width=120, scale=0).click(
            None, None, seed, js=_ANOTHER_SEED, api_visibility="private"
        )
    return seed


def _url(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return data_url(file.getvalue())
