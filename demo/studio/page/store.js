// What the server says, asked again and again: each second while something is at work, seldom else, never unseen.

import { get } from "./api.js";

const BUSY = 1000; // ms
const IDLE = 5000; // ms: another browser may have done something.

export class Store {
    state = null;
    project = null; // The one that is open, as the server tells of it; null until it did.
    error = null; // Why the last question was not answered.
    #id = null;
    #turn = 0;
    #timer = null;

    // `onchange()` is called after each answer.
    constructor(onchange) {
        this.onchange = onchange;
        document.addEventListener("visibilitychange", () => { if (!document.hidden) this.refresh(); });
    }

    // Ask for a project too, or for none.
    open(id) {
        if (id !== this.#id) this.project = null;
        this.#id = id;
        return this.refresh();
    }

    // Ask now: something was done.
    async refresh() {
        const turn = ++this.#turn;
        clearTimeout(this.#timer);
        const id = this.#id;
        try {
            const [state, project] = await Promise.all([get("state"), id && get(`projects/${id}`)]);
            if (turn !== this.#turn) return;
            Object.assign(this, { state, project, error: null });
        } catch (error) {
            if (turn !== this.#turn) return;
            this.error = error;
        }
        // Before the page is changed, so that nothing there stops the clock.
        if (!document.hidden) this.#timer = setTimeout(() => this.refresh(), this.#busy ? BUSY : IDLE);
        this.onchange();
    }

    get #busy() {
        return Boolean(this.error || this.state?.line.length);
    }
}
