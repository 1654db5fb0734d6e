// Ask for the sheets of sketches that somebody wants to see: one at a time, the one that is chosen first.

import { post } from "./api.js";
import { sentence } from "./words.js";

const AGAIN = 20_000; // ms after which one that could not be made is tried once more.

export class Sheets {
    #making = null; // The key of the one that is being made.
    #failed = new Map(); // Key -> [when, ms, and why].

    constructor(store, id) {
        Object.assign(this, { store, id });
    }

    // { sheet, making, why } of a choice; `sketches` are those that the server tells of.
    find(choice, sketches) {
        const key = keyOf(choice);
        const sheet = sketches.find((each) => keyOf(each) === key)?.sheet;
        return { sheet, making: this.#making === key, why: sheet ? "" : this.#failed.get(key)?.[1] ?? "" };
    }

    // Have the next of these made, unless one is being made.
    async want(choices, sketches) {
        if (this.#making) return;
        const now = performance.now();
        const next = choices.find((each) => !this.find(each, sketches).sheet && now - (this.#failed.get(keyOf(each))?.[0] ?? -AGAIN) >= AGAIN);
        if (!next) return;
        const key = this.#making = keyOf(next);
        const { style, background, plants } = next;
        try {
            await post(`projects/${this.id}/sketches`, { style, background, plants });
            this.#failed.delete(key);
        } catch (error) {
            this.#failed.set(key, [performance.now(), sentence(error)]);
        } finally {
            this.#making = null;
            await this.store.refresh(); // Which asks for the next one.
        }
    }
}

const keyOf = ({ style, background, plants }) => `${style} ${background} ${plants}`;
