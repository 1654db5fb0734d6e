// The page: canvas on one side, the picture that follows it on the other.

import { make, saveFile, speak, tool } from "../../pad/dom.js";
import { makePad } from "../../pad/pad.js";
import TEXTS from "../../texts.json";
import { isolate } from "./isolate.js";
import { label, Live } from "./live.js";

const BASE = new URL("./", document.baseURI); // The page lies in its bundle.
const text = speak(TEXTS);

const view = make("canvas", { id: "view", role: "img", "aria-label": text("picture") });
const status = make("p", { id: "status", role: "status" });
const bar = make("progress", { id: "loading", max: 1, "aria-label": text("loading") });
const chooser = make("select", { id: "engine", "aria-label": text("engine"), onchange: () => choose(chooser.value) });
const download = tool("download", text("download"), async () => saveFile(await live.file()));
const share = tool("share", text("share"), send);
let live;

function layOut() {
    document.title = "Garabato";
    document.querySelector("main").append(
        make("header", {}, make("h1", {}, "Garabato"), make("p", {}, text("tagline"))),
        make("section", { id: "pad", class: "pad" }),
        make("section", { id: "picture", "aria-label": text("picture") },
            make("div", { class: "paper" }, view, bar),
            make("div", { class: "tools" }, download, share),
            status,
            make("label", { class: "engine" }, make("span", {}, text("engine")), chooser)),
    );
    download.disabled = share.disabled = true;
    share.hidden = !navigator.canShare?.({ files: [new File([], "a.png", { type: "image/png" })] });
}

const told = {
    loading(share) {
        bar.hidden = share === null;
        bar.value = share ?? 1;
    },
    engine(kind) {
        chooser.value = kind;
        document.body.dataset.engine = kind;
    },
    picture() {
        download.disabled = share.disabled = false;
        status.textContent = text("took", { name: label(live.engine.kind, text), milliseconds: live.engine.milliseconds.toFixed(0) });
    },
    blank() {
        download.disabled = share.disabled = true;
        status.textContent = text("blank");
    },
    problem(error) {
        status.textContent = text("failed", { reason: error.message });
        status.className = "problem";
    },
};

function choose(kind) {
    status.textContent = text("loading");
    return live.choose(kind);
}

async function send() {
    try {
        await navigator.share({ files: [await live.file()], title: "Garabato" });
    } catch (error) {
        if (error.name !== "AbortError") told.problem(error); // Who closes the sheet has changed their mind.
    }
}

async function main() {
    layOut();
    if (await isolate()) return; // The page is about to load once more, with threads allowed.
    const response = await fetch(new URL("card.json", BASE));
    if (!response.ok) throw new Error(`card.json: ${response.status}`);
    const card = await response.json();
    const pad = makePad(document.querySelector("#pad"), text, () => live.redraw());
    live = new Live(view, () => pad.drawing.canvas, BASE, card, told);
    pad.prepare({
        ...card.canvas, size: card.size,
        palette: card.canvas.palette.map(({ name, color }) => [name, color]),
        examples: (card.examples ?? []).map((path) => new URL(path, BASE).href),
    });
    chooser.append(...(await live.look()).map((kind) => make("option", { value: kind }, label(kind, text))));
    await live.start();
}

main().catch(told.problem);
