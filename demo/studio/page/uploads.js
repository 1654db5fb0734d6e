// Send many files, two at a time, with a count, a time left and an end that comes at once.

import { send } from "./api.js";

const AT_ONCE = 2;
const TRIES = 3;
const PAUSE = 1500; // ms before a server that did not answer is asked again.

const ALL = new Map();

// The uploads of a project: they go on while another step of it is looked at.
export function uploadsOf(id) {
    if (!ALL.has(id)) ALL.set(id, new Uploads(`projects/${id}/photos`));
    return ALL.get(id);
}

// Who closes the page in the middle is asked first.
addEventListener("beforeunload", (event) => {
    if ([...ALL.values()].some(({ running }) => running)) event.preventDefault();
});

class Uploads {
    #ending = null;

    // `path` of the API takes the files; whoever looks sets `onchange()`, which is called as they go.
    constructor(path) {
        Object.assign(this, { path, onchange: () => {} });
        this.#clear();
    }

    get running() { return this.#ending !== null; }

    // The share of all bytes that were sent, and the seconds that are left, null while nobody knows.
    get share() { return this.bytes ? Math.min(1, this.sent / this.bytes) : 0; }

    get left() {
        const seconds = (performance.now() - this.began) / 1000;
        return seconds > 2 && this.share > 0.01 ? seconds * (1 / this.share - 1) : null;
    }

    cancel() { this.#ending?.abort(); }

    // Send them all; more may be added meanwhile. Resolves when nothing is left to send; throws what stops all.
    async add(files) {
        this.files += files.length;
        this.bytes += files.reduce((sum, { file }) => sum + file.size, 0);
        this.queue.push(...files);
        if (this.running) return;
        this.#ending = new AbortController();
        this.began = performance.now();
        try {
            await Promise.all(Array.from({ length: AT_ONCE }, () => this.#work(this.#ending.signal)));
        } catch (error) {
            this.#ending.abort(); // The other one need not go on.
            throw error;
        } finally {
            this.#ending = null;
            this.#clear();
            this.onchange();
        }
    }

    #clear() {
        Object.assign(this, { queue: [], files: 0, done: 0, bytes: 0, sent: 0, began: 0 });
    }

    async #work(signal) {
        while (this.queue.length) {
            const { file, name } = this.queue.shift();
            await this.#send(file, name, signal);
            this.done += 1;
            this.onchange();
        }
    }

    async #send(file, name, signal) {
        for (let attempt = 1; ; attempt++) {
            signal.throwIfAborted();
            let before = 0;
            const onsent = (sent) => { // With the request's own few bytes.
                this.sent += Math.min(sent, file.size) - before;
                before = Math.min(sent, file.size);
                this.onchange();
            };
            try {
                await send(this.path, file, name, onsent, signal);
                return onsent(file.size);
            } catch (error) {
                if (error.status !== 0 || attempt === TRIES) throw error;
                onsent(0);
                await new Promise((resolve) => setTimeout(resolve, PAUSE));
            }
        }
    }
}
