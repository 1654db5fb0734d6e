// The picture at the full size of its shape, where another, smaller one follows the pen.

import { openEngine } from "./engines.js";

const PATIENCE = 2000; // ms that such a picture may take where nobody has asked for it.

export class Full {
    #engine = null; // A promise of it: its model is loaded when the first picture is wanted.
    #took = 0; // ms of the last one, from canvas to pixels, when the engine was there already.
    #broken = false;

    // The picture of `card`, by the kind of engine that `quick` is, which draws smaller ones, `times` as small.
    constructor(quick, base, card, places, times) {
        Object.assign(this, { quick, base, card, places, times });
    }

    // Whether a picture comes in time, by how long the last one took, or else a smaller one.
    get affordable() {
        const { milliseconds, delay } = this.quick;
        const spared = navigator.connection?.saveData && !this.#engine; // It is one more file.
        return !this.#broken && !spared && (this.#took || this.times * (delay || milliseconds)) <= PATIENCE;
    }

    // RGBA of the picture of these inputs, or null where something newer was asked. What a person has
    // `asked` for comes before what was only thought of.
    async pixels(inputs, asked) {
        const engine = await this.#open();
        const start = performance.now();
        const pixels = await (asked ? engine.generate(inputs) : engine.generateLater(inputs));
        if (pixels) this.#took = performance.now() - start;
        return pixels;
    }

    // The same as a PNG file's content, to the last bit; null where something newer was asked.
    async exact(inputs) {
        const engine = await this.#open();
        return engine.exact ? engine.exact(inputs) : null;
    }

    close() {
        this.#engine?.then((engine) => engine.close(), () => {});
    }

    async #open() {
        this.#engine ??= openEngine(this.quick.kind, this.base, this.card, this.places);
        try {
            return await this.#engine;
        } catch (error) {
            this.#broken = true;
            throw error;
        }
    }
}
