// The sketchpad's own tab: the finished model, or the newest there is, and nothing else.

import { make } from "../pad/dom.js";
import { makeCanvas } from "./canvas.js";
import { show } from "./keep.js";
import { text } from "./words.js";

export function makeDraw(store, id) {
    const canvas = makeCanvas();
    const none = make("p", { class: "advice", hidden: "" }, text("no_model"));
    const element = make("section", { "aria-label": text("draw") }, canvas.element, none,
        make("p", {}, make("a", { href: `#/${id}/taking` }, text("back"))));

    function update(state, { bundle, model }) {
        const best = bundle ? { card: bundle.card, final: true } : model;
        show(none, !best);
        canvas.update(best);
    }

    return { element, update };
}
