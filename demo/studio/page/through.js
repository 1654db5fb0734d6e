// The same held-out drawings through the time of a training: the newest, until somebody looks back.

import { make } from "../pad/dom.js";
import { point, say, show } from "./keep.js";
import { number, text } from "./words.js";

export function makeThrough() {
    const picture = make("img", { class: "sheet", alt: text("samples_alt") });
    const slider = make("input", { type: "range", min: 0, value: 0, step: 1, "aria-label": text("through_time"), oninput: look });
    const words = make("output", { class: "told" });
    const element = make("figure", { class: "through", hidden: "" }, make("figcaption", {}, text("samples")), picture,
        make("div", { class: "row" }, slider, words));
    let samples = [];
    let following = true;

    function look() {
        following = Number(slider.value) === samples.length - 1;
        draw();
    }

    function draw() {
        const { images, url } = samples[slider.value];
        point(picture, "src", url);
        const told = text("after", { n: number(images) });
        say(words, told);
        slider.ariaValueText = told;
    }

    function update(next) {
        samples = next;
        show(element, samples.length > 0);
        if (!samples.length) return;
        slider.max = samples.length - 1;
        show(slider, samples.length > 1);
        if (following) slider.value = samples.length - 1;
        draw();
    }

    return { element, update };
}
