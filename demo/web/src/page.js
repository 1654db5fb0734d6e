// The page: canvas on one side, picture on the other, and whatever engine runs here between them.

import { make, speak, tool } from "../../pad/dom.js";
import { makePad } from "../../pad/pad.js";
import TEXTS from "../../texts.json";
import { KINDS, openEngine, openFirst, usable } from "./engines.js";
import { isolate } from "./isolate.js";

const SLOW = 33; // ms a picture: past this the drawing is felt to lag, and WebGPU gets its chance.
const BASE = new URL("./", document.baseURI); // The page lies in its bundle.
const text = speak(TEXTS);

const view = make("canvas", { id: "view", role: "img", "aria-label": text("picture") });
const status = make("p", { id: "status", role: "status" });
const bar = make("progress", { id: "loading", max: 1, "aria-label": text("loading") });
const chooser = make("select", { id: "engine", "aria-label": text("engine"), onchange: () => choose(chooser.value) });
const download = tool("download", text("download"), save);
const share = tool("share", text("share"), send);
let pad, card, small, engine = null;
let painted = 0; // Pictures so far: what a test, and a curious person, can wait for.

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

// ---- Drawing to picture -----------------------------------------------------------------------

let due = null;

function redraw() { // At most once a frame; the engine leaves out what it has no time for.
    due ??= requestAnimationFrame(async () => {
        due = null;
        if (!engine) return;
        const asked = engine;
        try {
            const start = performance.now();
            const drawn = shrunk();
            if (blank(drawn)) return clear();
            const pixels = await asked.draw(drawn);
            if (asked === engine && pixels) paint(pixels, performance.now() - start);
        } catch (error) {
            if (asked === engine) await replace(asked, error);
        }
    });
}

function blank(pixels) {
    const colors = new Uint32Array(pixels.buffer);
    return colors.every((color) => color === colors[0]);
}

function shrunk() {
    small.drawImage(pad.drawing.canvas, 0, 0, card.size, card.size);
    return small.getImageData(0, 0, card.size, card.size).data;
}

function paint(pixels, milliseconds) {
    view.getContext("2d").putImageData(new ImageData(pixels, card.size), 0, 0);
    view.dataset.painted = painted += 1;
    view.dataset.milliseconds = milliseconds.toFixed(1);
    download.disabled = share.disabled = false;
    tell();
}

function clear() {
    view.getContext("2d").clearRect(0, 0, card.size, card.size);
    download.disabled = share.disabled = true;
    status.textContent = text("blank");
}

function tell() {
    status.textContent = text("took", { name: label(engine.kind), milliseconds: engine.milliseconds.toFixed(0) });
}

function label(kind) {
    const { label: name, threads } = KINDS[kind];
    if (threads) return `${name}, ${text("threads", { n: navigator.hardwareConcurrency })}`;
    return kind === "litert" && !crossOriginIsolated ? `${name}, ${text("alone")}` : name;
}

// ---- Engines ----------------------------------------------------------------------------------

const progress = ({ loaded, total }) => { bar.value = loaded / total; };
const gone = new Set(); // Kinds that were tried and do not run here.

function refused(kind, error) {
    gone.add(kind);
    console.info(`${KINDS[kind].label}: ${error.message}`);
}

async function start(kinds) {
    bar.hidden = false;
    try {
        take(await openFirst(kinds, BASE, card, progress, refused));
    } catch (error) {
        fail(error);
    } finally {
        bar.hidden = true;
    }
}

function take(next) {
    engine?.close();
    engine = next;
    chooser.value = engine.kind;
    document.body.dataset.engine = engine.kind;
    redraw();
}

async function choose(kind) {
    status.textContent = text("loading");
    await start([kind, ...(engine ? [engine.kind] : [])]);
}

async function replace(broken, error) { // An engine that ran and stopped, for want of memory, say.
    refused(broken.kind, error);
    engine = null;
    broken.close();
    await start(usable(card).filter((kind) => kind !== broken.kind));
}

// Where the engine is slow, others of its family have their chance: what is fast is not known before.
async function perhapsFaster() {
    const family = (kind) => KINDS[kind].worker;
    const rivals = usable(card).filter((kind) => kind !== engine?.kind && kind !== "litert" && !gone.has(kind));
    for (const kind of rivals) {
        if (!engine || engine.milliseconds < SLOW) return;
        if (family(kind) !== family(engine.kind)) continue;
        try {
            const other = await openEngine(kind, BASE, card);
            if (other.milliseconds < engine.milliseconds) take(other);
            else other.close();
        } catch (error) {
            refused(kind, error);
        }
    }
}

function fail(error) {
    status.textContent = text("failed", { reason: error.message });
    status.className = "problem";
}

// ---- Away with it -----------------------------------------------------------------------------

const file = async () => new File([await new Promise((done) => view.toBlob(done, "image/png"))], `${card.name}.png`, { type: "image/png" });

async function save() {
    const link = make("a", { href: URL.createObjectURL(await file()), download: `${card.name}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function send() {
    try {
        await navigator.share({ files: [await file()], title: "Garabato" });
    } catch (error) {
        if (error.name !== "AbortError") fail(error); // Who closes the sheet has changed their mind.
    }
}

async function main() {
    layOut();
    if (await isolate()) return; // The page is about to load once more, with threads allowed.
    const response = await fetch(new URL("card.json", BASE));
    if (!response.ok) throw new Error(`card.json: ${response.status}`);
    card = await response.json();
    view.width = view.height = card.size;
    small = new OffscreenCanvas(card.size, card.size).getContext("2d", { willReadFrequently: true });
    small.imageSmoothingQuality = "high";
    pad = makePad(document.querySelector("#pad"), text, redraw);
    pad.prepare({
        ...card.canvas, size: card.size,
        palette: card.canvas.palette.map(({ name, color }) => [name, color]),
        examples: (card.examples ?? []).map((path) => new URL(path, BASE).href),
    });
    const kinds = usable(card);
    chooser.append(...kinds.map((kind) => make("option", { value: kind }, label(kind))));
    await start(kinds.filter((kind) => kind !== "litert-webgpu"));
    await perhapsFaster();
}

main().catch(fail);
