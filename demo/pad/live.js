// Keep a picture up to date with a drawing, or noise: choose an engine that runs here, and paint its answers.

import { KINDS, openEngine, openFirst, usable } from "./engines.js";
import { Full } from "./full.js";
import { SERVER } from "./server.js";
import { sidesOf } from "./sizes.js";

const RETRY = 2000; // ms after which a server that did not answer is asked again.
const REST = 250; // ms without a stroke after which the pen rests, and the picture comes at its full size.
const SLOW = 33; // ms a picture: past this the drawing is felt to lag, and WebGPU gets its chance.

// What an engine is called, and what is to be said of its threads; `text` is what `speak` gives.
export function label(kind, text) {
    if (kind.startsWith(SERVER)) return `${text("server")}, ${kind.slice(SERVER.length).replace("tflite-", "")}`;
    const { label: name, threads } = KINDS[kind];
    if (threads) return `${name}, ${text("threads", { n: navigator.hardwareConcurrency })}`;
    return kind === "litert" && !crossOriginIsolated ? `${name}, ${text("alone")}` : name;
}

// From `source()`, the canvas that is drawn on, to a function that gives it as the model of a card takes
// it, or null while it is of one colour.
export function sketchOf(source) {
    const small = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    return (card) => {
        const [width, height] = sidesOf(card);
        if (small.canvas.width !== width || small.canvas.height !== height) Object.assign(small.canvas, { width, height });
        small.imageSmoothingQuality = "high"; // Which a canvas of another size forgets.
        small.drawImage(source(), 0, 0, width, height);
        const sketch = small.getImageData(0, 0, width, height).data;
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
    #full = null; // Who draws at the full size, where that is another than the engine's.
    #resting = null; // The timer of when it does.

    // `view` is a canvas, `source(card)` gives what the model of a card takes (inputs by name), or null for
    // nothing; `base` is the URL of the bundle, `cards` those of one shape (`sizes.js`), `places` those of
    // `engines.js`. What happens is told to `told`: loading(share or null), engine(kind), picture(), blank(),
    // problem(error).
    constructor(view, source, base, cards, places, told) {
        Object.assign(this, { view, source, base, places, told, engine: null, kinds: [] });
        this.#use(cards);
    }

    // Draw pictures of another shape, by the engine that ran, if there is a file for it; `look` is called when
    // it is known which kinds there are.
    async reshape(cards, look) {
        this.#use(cards);
        this.#gone.clear();
        this.#row = null; // Of drawings of the other shape.
        const kind = this.engine?.kind;
        this.engine?.close();
        this.engine = null;
        this.#close();
        await this.look();
        look();
        return this.#open([...(this.kinds.includes(kind) ? [kind] : []), ...this.kinds]);
    }

    // Draw the pictures of another model that takes the same; the one that runs goes on until the other is there.
    async renew(base, cards) {
        [this.base, this.card, this.largest] = [base, cards[0], cards.at(-1)];
        this.#gone.clear();
        const kind = this.engine?.kind;
        const kinds = await this.look();
        return this.#open([...(kinds.includes(kind) ? [kind] : []), ...kinds]);
    }

    // The smallest size follows the pen.
    #use(cards) {
        [this.card, this.largest] = [cards[0], cards.at(-1)];
        [this.view.width, this.view.height] = sidesOf(this.card);
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
        clearTimeout(this.#resting);
        this.view.ariaBusy = "true"; // Until the picture is that of what is there now.
        this.#due ??= requestAnimationFrame(async () => {
            this.#due = null;
            const asked = this.engine;
            const redrawing = ++this.#redrawing;
            try {
                if (!asked) return;
                const start = performance.now();
                const inputs = this.source(this.card);
                if (!inputs) return this.#clear();
                const pixels = await asked.generate(inputs);
                if (asked !== this.engine || !pixels) return;
                this.#show(pixels, performance.now() - start);
                clearTimeout(this.#resting);
                this.#resting = setTimeout(() => this.#rest(redrawing), REST);
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
                paint(canvas, pixels, this.card);
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
        this.#close();
    }

    // The picture of what is drawn, at its full size where that runs here.
    async file() {
        const blob = await this.#exact() ?? await new Promise((done) => this.view.toBlob(done, "image/png"));
        return new File([blob], `${this.card.name}.png`, { type: "image/png" });
    }

    async #exact() {
        if (this.#full) {
            const inputs = this.source(this.largest);
            try {
                const blob = await this.#full.exact(inputs);
                if (blob) return blob;
                const pixels = await this.#full.pixels(inputs, true);
                if (pixels) paint(this.view, pixels, this.largest);
                return null;
            } catch (error) {
                if (error.passing) throw error;
                this.#refused(this.engine.kind, error);
            }
        }
        return this.engine?.exact?.(this.source(this.card));
    }

    // The pen rests: the same picture at its full size, unless that takes too long here.
    async #rest(redrawing) {
        const full = this.#full;
        if (redrawing !== this.#redrawing || !full?.affordable) return;
        try {
            const inputs = this.source(this.largest);
            const pixels = inputs && await full.pixels(inputs, false);
            if (pixels && full === this.#full && redrawing === this.#redrawing && !this.#due) paint(this.view, pixels, this.largest);
        } catch (error) { // The smaller picture stays.
            console.info(`${sidesOf(this.largest).join(" x ")}: ${error.message}`);
        }
    }

    #close() {
        clearTimeout(this.#resting);
        this.#full?.close();
        this.#full = null;
    }

    #show(pixels, milliseconds) {
        paint(this.view, pixels, this.card);
        this.view.dataset.milliseconds = milliseconds.toFixed(1); // From canvas to canvas,
        this.view.dataset.network = this.engine.milliseconds.toFixed(1); // and the engine's part of it.
        this.told.picture();
    }

    #clear() {
        this.view.getContext("2d").clearRect(0, 0, this.view.width, this.view.height);
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
        this.#close();
        this.engine = next;
        if (this.largest !== this.card) this.#full = new Full(next, this.base, this.largest, this.places, pixelsIn(this.largest) / pixelsIn(this.card));
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
        this.#close();
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

function pixelsIn(card) {
    const [width, height] = sidesOf(card);
    return width * height;
}

function paint(view, pixels, card) {
    const [width, height] = sidesOf(card);
    if (view.width !== width || view.height !== height) Object.assign(view, { width, height });
    view.getContext("2d").putImageData(new ImageData(pixels, width), 0, 0);
    view.dataset.painted = 1 + Number(view.dataset.painted ?? 0); // What a test, and a curious person, can wait for.
}

function blank(pixels) {
    const colors = new Uint32Array(pixels.buffer);
    return colors.every((color) => color === colors[0]);
}
