// The canvas as a component: Gradio runs this once, with `element`, `props`, `trigger` and `watch`.
// Python sets `props.value` to a canvas ({size, background, palette, brush, examples}); after each
// stroke this script sets it to {drawing: a PNG of that size} and triggers "input".

import { makePad } from "./pad.js";
import { speak } from "./dom.js";

let due = null;

function send() {
    due ??= setTimeout(() => { // Later in this turn of the event loop: one answer is enough for it.
        due = null;
        props.value = { drawing: pad.drawing.copy(pad.drawing.size).toDataURL("image/png") };
        trigger("input");
    });
}

const pad = makePad(element.querySelector(".pad"), speak(props.texts), (finished) => { if (finished) send(); });

watch("value", () => {
    if (props.value?.palette) {
        pad.prepare(props.value);
        send();
    }
});
if (props.value?.palette) pad.prepare(props.value);
