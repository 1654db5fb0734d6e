// A canvas that a model of this studio answers: <garabato-pad>, whose drawing stays when a newer model comes.

import { make } from "../pad/dom.js";
import { point, say, show } from "./keep.js";
import { number, text } from "./words.js";

let loading = null; // The element's script: once for all canvases.

// { element, update(model) }, where a model is what the server tells: its `card`, and the `images` it has seen.
export function makeCanvas() {
    const pad = make("garabato-pad");
    const words = make("p", { class: "aside", role: "status" });
    const heading = make("h3", {}, text("try"));
    const element = make("section", { class: "canvas", hidden: "" }, heading, words, pad);

    function update(model) {
        show(element, Boolean(model));
        if (!model) return;
        loading ??= import("../engines/garabato-pad.js").catch(() => say(words, text("no_engines")));
        if (customElements.get("garabato-pad")) say(words, model.final ? text("final") : text("as_it_is", { n: number(model.images) }));
        point(pad, "src", model.card);
    }

    return { element, update };
}
