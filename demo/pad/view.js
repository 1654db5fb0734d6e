// The picture as a component, for a model that runs in the visitor's browser, and the choice of
// where it runs. `start` is called once a picture. Python has set `props.value` to {bundle, browser}: the
// URL of a bundle, relative to the page, and whether the browser is asked first. Canvas and picture
// meet in the studio, the element of their tab: "garabato:drawn" tells of a change of `studio.drawing`,
// `studio.dataset.runs` says who answers it.

import { make, saveFile, speak, tool } from "./dom.js";
import { TEXTS } from "./texts.js";

const SERVER = "server";

export function start(element, props) {
    const studio = element.closest(".studio");
    const text = speak(TEXTS);
    const root = element.querySelector(".view");
    const view = make("canvas", { role: "img", "aria-label": text("picture") });
    const status = make("p", { role: "status" });
    const chooser = make("select", { "aria-label": text("engine"), onchange: () => choose(chooser.value) });
    const download = tool("download", text("download"), async () => saveFile(await live.file()));
    let live = null;

    root.append(
        make("div", { class: "paper" }, view),
        make("div", { class: "tools" }, download),
        status,
        make("label", { class: "engine" }, make("span", {}, text("engine")), chooser),
    );

    // Who answers: an engine's kind, or the server.
    function answers(kind) {
        chooser.value = kind;
        studio.dataset.runs = kind;
        studio.dispatchEvent(new CustomEvent("garabato:send")); // The server has not seen what was drawn.
    }

    async function open({ bundle, browser }) {
        const base = new URL(bundle, document.baseURI);
        const [{ Live, label, sketchOf }, card] = await Promise.all([
            import(new URL(props.engines, document.baseURI)), (await fetch(new URL("card.json", base))).json()]);
        const sketch = sketchOf(() => studio.drawing.canvas, card.size);
        live = new Live(view, () => (studio.drawing ? sketch() : null), base, card, {
            loading: (share) => { if (share !== null) status.textContent = text("loading"); },
            engine: answers,
            picture: () => {
                download.disabled = false;
                status.textContent = text("took", { name: label(live.engine.kind, text), milliseconds: live.engine.milliseconds.toFixed(0) });
            },
            blank: () => {
                download.disabled = true;
                status.textContent = text("blank");
            },
            problem: (error) => {
                answers(SERVER);
                status.textContent = text("failed", { reason: error.message });
            },
        });
        const kinds = await live.look();
        chooser.replaceChildren(
            make("option", { value: SERVER }, text("server")),
            ...kinds.map((kind) => make("option", { value: kind }, label(kind, text))));
        if (browser) await live.start();
        else answers(SERVER);
    }

    async function choose(kind) {
        if (kind !== SERVER) return live.choose(kind);
        live.pause();
        status.textContent = "";
        answers(SERVER);
    }

    studio.addEventListener("garabato:drawn", () => live?.redraw());
    open(props.value).catch((error) => {
        answers(SERVER);
        status.textContent = text("failed", { reason: error.message });
    });
}
