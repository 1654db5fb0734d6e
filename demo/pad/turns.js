// Of what is asked while something is at work only the newest is done.

export class Turns {
    // `work(inputs)` does one thing at a time, and resolves to what comes of it.
    constructor(work) { Object.assign(this, { work, busy: null, next: null, later: [], ended: false }); }

    // Resolves to null where something newer was asked before the turn of this came.
    newest(inputs) {
        return this.#wait((asked) => {
            this.next?.resolve(null);
            this.next = asked;
        }, inputs);
    }

    // Done in its order, when nothing newest is to be done.
    afterwards(inputs) {
        return this.#wait((asked) => this.later.push(asked), inputs);
    }

    // Nothing more is done: who waits gets null.
    end() {
        this.ended = true;
        for (const waiting of [this.busy, this.next, ...this.later]) waiting?.resolve(null);
    }

    #wait(line, inputs) {
        return new Promise((resolve, reject) => {
            if (this.ended) return resolve(null);
            line({ inputs, resolve, reject });
            if (!this.busy) this.#start();
        });
    }

    async #start() {
        while (!this.ended && (this.next || this.later.length)) {
            this.busy = this.next ?? this.later.shift();
            if (this.busy === this.next) this.next = null;
            try {
                this.busy.resolve(await this.work(this.busy.inputs));
            } catch (error) {
                this.busy.reject(error);
            }
            this.busy = null;
        }
    }
}
