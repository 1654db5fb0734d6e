// The controls of a model that takes noise: a label, a seed, a few sliders, and the way to a seed.

import { make } from "./dom.js";
import { latent } from "./engines.js";
import { between, MAX_SEED, noise } from "./noise.js";

const SLIDERS = 8; // The first numbers of the noise, which a person can move.
const REACH = 3; // Of a slider, to both sides; 99.7 % of normal numbers lie within.
const STEPS = 8; // Pictures on the way from one seed to another, both included.

// What a task gives the studio: its elements, and the source that its picture is drawn from.
export function latents(live, text, { tell }) {
    const { inputs, labels, size } = live.card;
    const length = inputs.at(-1).shape[1];
    let chosen = labels.length ? 0 : undefined;
    let values, places; // The noise of the seed, and where the sliders stand for it.

    const seed = field("seed", 0, sow);
    const goal = field("goal", 1, walk);
    const sliders = Array.from({ length: Math.min(SLIDERS, length) }, (_, index) =>
        make("input", { type: "range", min: -REACH, max: REACH, step: 0.01, "aria-label": `z${index + 1}`, oninput: move }));
    const standing = sliders.map(() => make("span"));
    const views = Array.from({ length: STEPS }, () => make("canvas", { width: size, height: size }));
    const told = make("figcaption");
    const row = make("div", { "aria-hidden": "true" }, ...views);

    const controls = make("section", { class: "latent", part: "latent" },
        ...(labels.length ? [buttons()] : []),
        seed.element,
        make("div", { class: "sliders" }, ...sliders.map((slider, index) =>
            make("label", {}, make("span", {}, `z${index + 1}`), standing[index], slider))),
        goal.element);

    function buttons() { // To choose one of: the browser's radios, with its keys.
        return make("fieldset", { class: "labels" }, make("legend", {}, text("label")), ...labels.map((name, number) => {
            const radio = make("input", { type: "radio", name: "label", value: number, onchange: () => { chosen = number; show(); } });
            radio.checked = number === chosen;
            return make("label", {}, radio, make("span", {}, name));
        }));
    }

    // A seed's field, with a button that rolls the dice for another: short numbers, which a person can
    // read out. Its `value` is null while the field holds no seed.
    function field(name, value, onchange) {
        const input = make("input", { type: "number", min: 0, max: MAX_SEED, step: 1, value, required: "", oninput: onchange });
        const roll = () => {
            input.value = Math.floor(Math.random() * 1_000_000);
            onchange();
        };
        return {
            get value() { return input.validity.valid ? input.valueAsNumber : null; },
            element: make("div", { class: "seed" },
                make("label", {}, make("span", {}, text(name)), input),
                make("button", { type: "button", class: "tool", onclick: roll }, text("dice"))),
        };
    }

    function sow() {
        if (seed.value !== null) {
            values = noise(seed.value, length);
            for (const [index, slider] of sliders.entries()) slider.value = values[index];
            places = sliders.map((slider) => slider.value); // Within their reach, on one of their steps.
            write();
        }
        show();
    }

    function write() {
        for (const [index, slider] of sliders.entries()) standing[index].textContent = slider.valueAsNumber.toFixed(2);
    }

    function move() {
        write();
        redraw();
    }

    function show() {
        redraw();
        walk();
    }

    function redraw() {
        if (seed.value === null) tell(text("seeds"));
        else live.redraw();
    }

    function walk() {
        const [start, end] = [seed.value, goal.value];
        row.hidden = start === null || end === null;
        told.textContent = row.hidden ? text("seeds") : text("strip", { seed: start, other: end });
        if (row.hidden) return;
        live.row(views, between(noise(start, length), noise(end, length), STEPS).map((step) => latent(step, chosen)));
    }

    // A slider that stands where its seed put it leaves its number as exact as it was.
    function source() {
        const moved = values.slice();
        for (const [index, slider] of sliders.entries())
            if (slider.value !== places[index]) moved[index] = slider.valueAsNumber;
        return latent(moved, chosen);
    }

    sow();
    return { tagline: text("latent"), controls, below: [make("figure", { class: "strip" }, told, row)], source };
}
