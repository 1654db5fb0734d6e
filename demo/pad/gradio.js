// The canvas as a component: Gradio runs this once, with `element`, `props`, `trigger` and `watch`.
// Python sets `props.value` to a canvas ({size, background, palette, brush, examples}); after each
// stroke this script sets it to {drawing: a PNG of that size} and triggers "input", unless the model
// runs in the browser (view.js).

import { makePad } from "./pad.js";
import { speak } from "./dom.js";

let due = null;

function send() {
    if ((document.body.dataset.runs ?? "server") !== "server") return;
    due ??= setTimeout(() => { // Later in this turn of the event loop: one answer is enough for it.
        due = null;
        props.value = { drawing: pad.drawing.copy(pad.drawing.size).toDataURL("image/png") };
        trigger("input");
    });
}

function show(finished) {
    document.dispatchEvent(new CustomEvent("garabato:drawn", { detail: pad.drawing }));
    if (finished) send();
}

const pad = makePad(element.querySelector(".pad"), speak(props.texts), show);

watch("value", () => {
    if (props.value?.palette) {
        pad.prepare(props.value);
        show(true);
    }
});
document.addEventListener("garabato:send", () => show(true));
if (props.value?.palette) pad.prepare(props.value);
