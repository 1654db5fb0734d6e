// Keep a picture up to date with a drawing, or noise: choose an engine that runs here, and paint its answers.

import { KINDS, openEngine, openFirst, usable } from "./engines.js";
import { SERVER } from "./server.js";

const RETRY = 2000; // ms after which a server that did not answer is asked again.
const SLOW = 33; // ms a picture: past this the drawing is felt to lag, and WebGPU gets its chance.

// What an engine is called, and what is to be said of its threads; `text` is what `speak` gives.
export function label(kind, text) {
    if (kind.startsWith(SERVER)) return `${text("server")}, ${kind.slice(SERVER.length).replace("tflite-", "")}`;
    const { label: name, threads } = KINDS[kind];
    if (threads) return `${name}, ${text("threads", { n: navigator.hardwareConcurrency })}`;
    return kind === "litert" && !crossOriginIsolated ? `${name}, ${text("alone")}` : name;
}

// From `source()`, the canvas that is drawn on, to a function that gives it as a model of `size`
// pixels takes it, or null while it is of one colour.
export function sketchOf(source, size) {
    const small = new OffscreenCanvas(size, size).getContext("2d", { willReadFrequently: true });
    small.imageSmoothingQuality = "high";
    return () => {
        small.drawImage(source(), 0, 0, size, size);
        const sketch = small.getImageData(0, 0, size, size).data;
        return blank(sketch) ? null : { sketch };
    };
}

export class Live {
    #due = null;
    #redrawing = 0; // Counts the pictures that were begun.
    #row = null;
    #again = null; // The timer of another try.
    #turn = 0; // Counts what was wanted: what a later choice has made void changes nothing any more.
    #opening = false; // Whether an engine is on its way.
    #gone = new Set(); // Kinds that were tried and do not run here.

    // `view` is a canvas, `source()` gives what an engine takes (inputs by name), or null for nothing;
    // `base` is the URL of the bundle whose card this is, `places` those of `engines.js`. What happens is told to `told`: loading(share
    // or null), engine(kind), picture(), blank(), problem(error).
    constructor(view, source, base, card, places, told) {
        Object.assign(this, { view, source, base, card, places, told, engine: null, kinds: [] });
        view.width = view.height = card.size;
    }

    // Find out what can run here: the kinds to choose from.
    async look() {
        this.kinds = await usable(this.card, this.places);
        return this.kinds;
    }

    // Run the first engine that gives the right picture, then perhaps a faster one; the server, where there
    // is one, before the browser's own or after them.
    async start(browser = true) {
        const kinds = this.kinds.filter((kind) => kind !== "litert-webgpu");
        if (!browser) kinds.sort((one, other) => other.startsWith(SERVER) - one.startsWith(SERVER));
        if (await this.#open(kinds)) await this.#perhapsFaster();
    }

    // Run this one, or go on with the one that ran. What is chosen last is what runs.
    choose(kind) {
        return this.#open([kind, ...(this.engine ? [this.engine.kind] : [])]);
    }

    redraw() { // At most once a frame; the engine leaves out what it has no time for.
        this.view.ariaBusy = "true"; // Until the picture is that of what is there now.
        this.#due ??= requestAnimationFrame(async () => {
            this.#due = null;
            const asked = this.engine;
            const redrawing = ++this.#redrawing;
            try {
                if (!asked) return;
                const start = performance.now();
                const inputs = this.source();
                if (!inputs) return this.#clear();
                const pixels = await asked.generate(inputs);
                if (asked === this.engine && pixels) this.#show(pixels, performance.now() - start);
            } catch (error) {
                if (asked === this.engine) await this.#failed(asked, error);
            } finally {
                if (redrawing === this.#redrawing && !this.#due) this.view.ariaBusy = "false";
            }
        });
    }

    // Paint each of `views` with what becomes of its inputs, when nothing newer is to be drawn; once
    // more when another engine comes.
    async row(views, inputs) {
        const row = this.#row = { views, inputs };
        const asked = this.engine;
        try {
            const all = asked?.rows && await asked.generateLater(inputs);
            for (const [index, canvas] of views.entries()) {
                const pixels = all ? all[index] : await asked?.generateLater(inputs[index]);
                if (!pixels || row !== this.#row) return;
                paint(canvas, pixels);
            }
        } catch (error) {
            if (asked === this.engine) await this.#failed(asked, error);
        }
    }

    // Let go of the engine: nothing is asked of it any more.
    close() {
        this.#turn += 1;
        this.engine?.close();
        this.engine = null;
        this.kinds = [];
        clearTimeout(this.#again);
    }

    async file() {
        const blob = await (this.engine?.exact?.(this.source()) ?? new Promise((done) => this.view.toBlob(done, "image/png")));
        return new File([blob], `${this.card.name}.png`, { type: "image/png" });
    }

    #show(pixels, milliseconds) {
        paint(this.view, pixels);
        this.view.dataset.milliseconds = milliseconds.toFixed(1); // From canvas to canvas,
        this.view.dataset.network = this.engine.milliseconds.toFixed(1); // and the engine's part of it.
        this.told.picture();
    }

    #clear() {
        this.view.getContext("2d").clearRect(0, 0, this.card.size, this.card.size);
        this.told.blank();
    }

    // Resolves to whether one of them runs now, and nothing else was wanted meanwhile.
    async #open(kinds) {
        const turn = ++this.#turn;
        const wanted = () => turn === this.#turn;
        this.#opening = true;
        this.told.loading(0);
        try {
            const next = await openFirst(kinds, this.base, this.card, this.places, {
                progress: ({ loaded, total }) => { if (wanted()) this.told.loading(loaded / total); },
                refused: (kind, error) => this.#refused(kind, error),
                wanted,
            });
            if (wanted()) this.#take(next);
            else next?.close();
        } catch (error) {
            if (wanted()) this.told.problem(error);
            return false;
        } finally {
            if (wanted()) {
                this.#opening = false;
                this.told.loading(null);
            }
        }
        return wanted();
    }

    #take(next) {
        this.engine?.close();
        this.engine = next;
        next.onlost = (error) => { if (next === this.engine) this.#replace(next, error); };
        if (next.lost) return next.onlost(next.lost);
        this.told.engine(next.kind);
        this.redraw();
        if (this.#row) this.row(this.#row.views, this.#row.inputs);
    }

    #refused(kind, error) {
        this.#gone.add(kind);
        console.info(`${KINDS[kind]?.label ?? kind}: ${error.message}`);
    }

    async #failed(asked, error) {
        if (!error.passing) return this.#replace(asked, error);
        this.told.problem(error);
        this.#again ??= setTimeout(() => {
            this.#again = null;
            this.redraw();
            if (this.#row) this.row(this.#row.views, this.#row.inputs);
        }, RETRY);
    }

    async #replace(broken, error) { // An engine that ran and stopped, for want of memory, say.
        this.#refused(broken.kind, error);
        this.engine = null;
        broken.close();
        if (!this.#opening) await this.#open(this.kinds.filter((kind) => !this.#gone.has(kind)));
    }

    // Where the engine is slow, others of its family have their chance: what is fast is not known
    // before. WebGPU takes a model of twice the size: not over a connection that has to be spared.
    async #perhapsFaster() {
        const { saveData, effectiveType = "4g" } = navigator.connection ?? {};
        if (saveData || effectiveType !== "4g") return;
        const family = (kind) => KINDS[kind].worker;
        const turn = this.#turn;
        for (const kind of this.kinds) {
            const { engine } = this;
            if (turn !== this.#turn || !engine || engine.kind.startsWith(SERVER) || engine.milliseconds < SLOW) return;
            if (kind === engine.kind || kind === "litert" || kind.startsWith(SERVER) || this.#gone.has(kind) || family(kind) !== family(engine.kind)) continue;
            try {
                const other = await openEngine(kind, this.base, this.card, this.places);
                const faster = other.milliseconds < engine.milliseconds;
                if (turn === this.#turn && engine === this.engine && faster) this.#take(other);
                else other.close();
            } catch (error) {
                this.#refused(kind, error);
            }
        }
    }
}

function paint(view, pixels) {
    view.getContext("2d").putImageData(new ImageData(pixels, view.width), 0, 0);
    view.dataset.painted = 1 + Number(view.dataset.painted ?? 0); // What a test, and a curious person, can wait for.
}

function blank(pixels) {
    const colors = new Uint32Array(pixels.buffer);
    return colors.every((color) => color === colors[0]);
}
