// The canvas as a component: `start` is called once a canvas, with what Gradio gives a component's script.
// Python has set `props.value` to a canvas ({size, background, palette, brush, examples}); after each
// stroke this sets it to {drawing: a PNG of that size} and triggers "input", unless the model runs in the
// browser (view.js). The two meet in the studio, the element of their tab, whichever is there first:
// `studio.drawing` is what is drawn, "garabato:drawn" tells of a change.

import { speak } from "./dom.js";
import { makePad } from "./pad.js";
import { TEXTS } from "./texts.js";

export function start(element, props, trigger) {
    const studio = element.closest(".studio");
    let due = null;

    function send() {
        if ((studio.dataset.runs ?? "server") !== "server") return;
        due ??= setTimeout(() => { // Later in this turn of the event loop: one answer is enough for it.
            due = null;
            props.value = { drawing: pad.drawing.copy(pad.drawing.size).toDataURL("image/png") };
            trigger("input");
        });
    }

    function show(finished) {
        studio.dispatchEvent(new CustomEvent("garabato:drawn"));
        if (finished) send();
    }

    const pad = makePad(element.querySelector(".pad"), speak(TEXTS), show);
    const examples = props.value.examples.map((path) => new URL(path, document.baseURI).href);
    pad.prepare({ ...props.value, examples });
    studio.drawing = pad.drawing;
    studio.addEventListener("garabato:send", () => show(true));
    show(false);
}
