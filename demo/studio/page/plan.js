// What a training is given: how long, what to begin with, how large. Filled in once, and then left as it is.

import { make } from "../pad/dom.js";
import { choices, keep, taken } from "./keep.js";
import { text } from "./words.js";

const MINUTES = [15, 60, 480, null]; // Null is until somebody stops it.
const SIZES = ["128", "256"];
const OURS = ["flowers", "objects"]; // What ships has a name in every language.

// { element, minutes() } of how long; `name` tells two on a page apart.
export function howLong(name) {
    const options = MINUTES.map((minutes) => [String(minutes), make("span", { class: "title" }, text(`minutes_${minutes}`)),
        make("span", { class: "aside" }, text(`minutes_${minutes}_why`))]);
    const element = choices(name, text("minutes"), options, () => {});
    element.querySelector("input").checked = true;
    return { element, minutes: () => JSON.parse(taken(element)) };
}

// { element, update(state, project), given() } of all of it.
export function makePlan(id) {
    const long = howLong("minutes");
    const start = make("select", { onchange: fit });
    const size = make("select", { onchange: () => { touched = true; } });
    const sizes = new Map(); // Of what a training may begin with, by its id.
    let touched = false; // Or the server's own choice is shown.
    const ends = make("span", { class: "aside" }, text("minutes_why"));
    const element = make("div", { class: "plan" }, long.element, ends,
        make("label", { class: "field" }, make("span", {}, text("start")), start, make("span", { class: "aside" }, text("start_why"))),
        make("label", { class: "field" }, make("span", { title: text("size_field") }, text("size")), size, make("span", { class: "aside" }, text("size_why"))));

    function update(state, project) {
        const own = state.starts.filter((each) => each.id === id).map((each) => ({ ...each, name: text("start_so_far") }));
        const options = [...own, { id: "", name: text("start_usual") }, ...state.starts.filter((each) => each.id !== id), { id: "none", name: text("start_nothing") }];
        for (const each of state.starts) sizes.set(each.id, each.size);
        const fresh = start.options.length === 0;
        keep(start, options, (each) => each.id, (each) => make("option", { value: each.id }, named(each)));
        if (fresh) start.value = own[0]?.id ?? project.training?.start ?? "";
        fit();
        if (!touched && !size.disabled && SIZES.includes(project.choice.size)) size.value = project.choice.size;
    }

    function fit() { // What a model has learned, it has learned of pictures of one size.
        const fixed = sizes.get(start.value);
        keep(size, fixed ? [fixed] : SIZES, (each) => each, (each) => make("option", { value: each }, pixels(each)));
        size.disabled = Boolean(fixed);
        ends.hidden = start.value === "none"; // What begins with nothing goes on.
    }

    function given() {
        return { minutes: long.minutes(), start: start.value || null, size: size.value };
    }

    return { element, update, given };
}

function pixels(size) {
    const [width, height = width] = size.split("x");
    return text("pixels", { width, height });
}

const named = ({ id, name }) => (OURS.includes(id) ? text(`start_${id}`) : name);
