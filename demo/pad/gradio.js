// The canvas as a component: Gradio runs this once a canvas, with `element`, `props` and `trigger`.
// Python has set `props.value` to a canvas ({size, background, palette, brush, examples}); after each
// stroke this script sets it to {drawing: a PNG of that size} and triggers "input", unless the model
// runs in the browser (view.js). The two meet in the studio, the element of their tab.

import { makePad } from "./pad.js";
import { speak } from "./dom.js";

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
    studio.dispatchEvent(new CustomEvent("garabato:drawn", { detail: pad.drawing }));
    if (finished) send();
}

const pad = makePad(element.querySelector(".pad"), speak(props.texts), show);

pad.prepare(props.value);
studio.addEventListener("garabato:send", () => show(true));
