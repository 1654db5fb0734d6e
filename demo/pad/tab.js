// The studio as a Gradio component: `start` is called once a tab, with what Gradio gives a component's
// script. Python has set `props.value` to URLs, relative to the page (demo/sketchpad.py).

import { language, speak } from "./dom.js";
import { makeStudio } from "./studio.js";
import { TEXTS } from "./texts.js";

export function start(element, props) {
    const { bundle, pictures, engines, browser } = props.value;
    const url = (path) => path && new URL(path, document.baseURI);
    const root = element.querySelector(".studio");
    document.documentElement.lang = language();
    const seen = new IntersectionObserver(([entry]) => { // What nobody looks at asks for nothing.
        if (!entry.isIntersecting) return;
        seen.disconnect();
        makeStudio(root, url(`${bundle}card.json`), speak(TEXTS), { pictures: url(pictures), engines: url(engines), browser });
    });
    seen.observe(element);
}
