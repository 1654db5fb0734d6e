// Of what is asked while something is at work only the newest is done.

export class Turns {
    // `work(inputs)` does one thing at a time, and resolves to what comes of it.
    constructor(work) { Object.assign(this, { work, busy: null, next: null, later: null, ended: false }); }

    // Resolves to null where something newer was asked before the turn of this came.
    newest(inputs) { return this.#wait("next", inputs); }

    // The same, of a line of its own: done when nothing of `newest` is to be done.
    afterwards(inputs) { return this.#wait("later", inputs); }

    // Nothing more is done: who waits gets null.
    end() {
        this.ended = true;
        for (const waiting of [this.busy, this.next, this.later]) waiting?.resolve(null);
    }

    #wait(line, inputs) {
        return new Promise((resolve, reject) => {
            if (this.ended) return resolve(null);
            this[line]?.resolve(null);
            this[line] = { inputs, resolve, reject };
            if (!this.busy) this.#start();
        });
    }

    async #start() {
        while (!this.ended && (this.next || this.later)) {
            const line = this.next ? "next" : "later";
            this.busy = this[line];
            this[line] = null;
            try {
                this.busy.resolve(await this.work(this.busy.inputs));
            } catch (error) {
                this.busy.reject(error);
            }
            this.busy = null;
        }
    }
}
