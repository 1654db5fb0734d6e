// The server as an engine: what is drawn, or noise, goes there in one request, and the picture's bytes
// come back (demo/pictures.py).

import { Turns } from "./turns.js";

export const SERVER = "server:"; // Kinds of engine that begin like this, a file of the bundle's after it.

// `url` is that of the model's pictures, `sides` a picture's width and height.
export class Server {
    #visitor = Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("-");
    #turns = new Turns(async (inputs) => this.#pixels(await this.#ask(inputs, "image/jpeg"), [inputs].flat().length));

    constructor(kind, url, [width, height]) {
        Object.assign(this, { kind, width, height, milliseconds: 0, delay: 0, rows: true, onlost: () => {} });
        this.url = new URL(url);
        this.url.searchParams.set("file", kind.slice(SERVER.length));
    }

    generate(inputs) { return this.#turns.newest(inputs); }

    // Of a list of inputs, pictures come as a list.
    generateLater(inputs) { return this.#turns.afterwards(inputs); }

    // The picture to the last bit, as a PNG file's content.
    exact(inputs) { return this.#ask(inputs, "image/png"); }

    close() { this.#turns.end(); }

    async #ask(inputs, type) {
        const { url, body } = await this.#request(inputs);
        const start = performance.now();
        let response;
        try {
            response = await fetch(url, { method: "POST", headers: { Accept: type, "X-Visitor": `${this.#visitor}-${type.slice(6)}` }, body });
        } catch {
            throw lost("no answer");
        }
        // What is saved and what is shown wait apart, so that neither takes the other's place.
        if (response.status >= 500 || response.status === 409) throw lost(response.status);
        if (!response.ok) throw new Error(await response.text());
        const took = /model;dur=([\d.]+)/.exec(response.headers.get("Server-Timing"));
        this.milliseconds = Number(took?.[1] ?? 0);
        this.delay = performance.now() - start;
        return response.blob();
    }

    async #request(inputs) {
        const [first] = [inputs].flat();
        const url = new URL(this.url);
        if (first.look) url.searchParams.set("look", [inputs].flat().map(({ look }) => look.join()).join(";"));
        if (first.sketch) return { url, body: await this.#file(first.sketch) };
        if (first.label) url.searchParams.set("label", first.label[0]);
        return { url, body: new Blob([inputs].flat().map(({ noise }) => noise)) };
    }

    #file(sketch) { // A drawing has few colours, and is a few kilobytes as a PNG.
        const canvas = new OffscreenCanvas(this.width, this.height);
        canvas.getContext("2d").putImageData(new ImageData(sketch, this.width), 0, 0);
        return canvas.convertToBlob({ type: "image/png" });
    }

    async #pixels(file, count) {
        const image = await createImageBitmap(file);
        const context = new OffscreenCanvas(image.width, image.height).getContext("2d", { willReadFrequently: true });
        context.drawImage(image, 0, 0);
        const pictures = Array.from({ length: count }, (_, index) => context.getImageData(index * this.width, 0, this.width, this.height).data);
        return count > 1 ? pictures : pictures[0];
    }
}

function lost(reason) {
    return Object.assign(new Error(reason), { passing: true }); // It may answer again.
}
