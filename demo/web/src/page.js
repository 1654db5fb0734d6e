// The page: controls on one side, the picture that follows them on the other.

import { make, saveFile, speak, tool } from "../../pad/dom.js";
import TEXTS from "../../texts.json";
import { drawings } from "./drawings.js";
import { isolate } from "./isolate.js";
import { latents } from "./latents.js";
import { label, Live } from "./live.js";

const TASKS = { "image-to-image": drawings, "label-to-image": latents, "noise-to-image": latents };
const CRISP = 128; // Pictures of fewer pixels a side are enlarged as squares, not blurred.
const BASE = new URL("./", document.baseURI); // The page lies in its bundle.
const text = speak(TEXTS);

const tagline = make("p");
const view = make("canvas", { id: "view", role: "img", "aria-label": text("picture") });
const status = make("p", { id: "status", role: "status" });
const bar = make("progress", { id: "loading", max: 1, "aria-label": text("loading") });
const chooser = make("select", { id: "engine", "aria-label": text("engine"), onchange: () => choose(chooser.value) });
const download = tool("download", text("download"), async () => saveFile(await live.file()));
const share = tool("share", text("share"), send);
const picture = make("section", { id: "picture", "aria-label": text("picture") },
    make("div", { class: "paper" }, view, bar),
    make("div", { class: "tools" }, download, share),
    status,
    make("label", { class: "engine" }, make("span", {}, text("engine")), chooser));
let live, task;

function layOut() {
    document.title = "Garabato";
    document.querySelector("main").append(make("header", {}, make("h1", {}, "Garabato"), tagline), picture);
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
        const { kind, milliseconds } = live.engine;
        download.disabled = share.disabled = false;
        status.textContent = text("took", { name: label(kind, text), milliseconds: milliseconds.toFixed(milliseconds < 10 ? 1 : 0) });
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
    if (!Object.hasOwn(TASKS, card.task)) throw new Error(`card.json: ${card.task}`);
    live = new Live(view, () => task.source(), BASE, card, told);
    task = TASKS[card.task](live, text, (words) => { status.textContent = words; });
    tagline.textContent = task.tagline;
    document.body.classList.toggle("crisp", card.size < CRISP);
    picture.before(task.controls);
    picture.after(...task.below);
    chooser.append(...(await live.look()).map((kind) => make("option", { value: kind }, label(kind, text))));
    await live.start();
}

main().catch(told.problem);
