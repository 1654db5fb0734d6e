// Engines: what turns a drawing into a picture, each in a worker of its own.
//
// `openEngine(kind, base, card, progress)` loads one and proves it on the bundle's known drawing;
// it gives { kind, milliseconds, draw(pixels), close() }, or throws an Error whose message can be
// shown. `draw` takes and resolves to RGBA, Uint8ClampedArray [size * size * 4]; of drawings that
// come while it is at work only the newest is done, and the others resolve to null.

export const KINDS = {
    "litert-threads": { worker: "litert-worker.js", file: "tflite-int8", threads: true, label: "LiteRT, WASM" },
    "litert": { worker: "litert-worker.js", file: "tflite-int8", label: "LiteRT, WASM" },
    "litert-webgpu": { worker: "litert-worker.js", file: "tflite-float16", webgpu: true, label: "LiteRT, WebGPU" },
    "tfjs-webgpu": { worker: "tfjs-worker.js", file: "tfjs", backend: "webgpu", label: "TensorFlow.js, WebGPU" },
    "tfjs-webgl": { worker: "tfjs-worker.js", file: "tfjs", backend: "webgl", label: "TensorFlow.js, WebGL" },
    "tfjs-wasm": { worker: "tfjs-worker.js", file: "tfjs", backend: "wasm", label: "TensorFlow.js, WASM" },
};

// The kinds that this browser and this bundle have all they need for, the likely best one first.
export async function usable(card) {
    const gpu = await navigator.gpu?.requestAdapter().catch(() => null); // The API may be there alone.
    return Object.keys(KINDS).filter((kind) => {
        const { file, threads, webgpu, backend } = KINDS[kind];
        return card.files[file] && (!threads || crossOriginIsolated) && ((!webgpu && backend !== "webgpu") || gpu);
    });
}

// Open the first of `kinds` that draws the known drawing right; tells `refused(kind, error)` of each that does not.
export async function openFirst(kinds, base, card, progress, refused) {
    let last = new Error("no engine runs here");
    for (const kind of kinds) {
        try {
            return await openEngine(kind, base, card, progress);
        } catch (error) {
            refused(kind, error);
            last = error;
        }
    }
    throw last;
}

export async function openEngine(kind, base, card, progress = () => {}) {
    const options = KINDS[kind];
    const worker = new Worker(new URL(options.worker, import.meta.url));
    const entry = card.files[options.file];
    try {
        const opened = await ask(worker, {
            ...options, size: card.size, check: await knownDrawing(base, card),
            model: new URL(entry.path, base).href, bytes: entry.bytes, sha256: entry.sha256,
            wasm: new URL("wasm/", import.meta.url).href,
        }, progress);
        return new Engine(kind, worker, opened.milliseconds);
    } catch (error) {
        worker.terminate();
        throw error;
    }
}

class Engine {
    constructor(kind, worker, milliseconds) {
        Object.assign(this, { kind, worker, milliseconds, busy: null, next: null });
        worker.onmessage = ({ data }) => this.#answer(data);
        worker.onerror = (event) => this.#answer({ error: event.message });
    }

    draw(pixels) {
        return new Promise((resolve, reject) => {
            this.next?.resolve(null); // A newer drawing has come before this one's turn.
            this.next = { pixels, resolve, reject };
            if (!this.busy) this.#start();
        });
    }

    #start() {
        this.busy = this.next;
        this.next = null;
        if (this.busy) this.worker.postMessage({ pixels: this.busy.pixels }, [this.busy.pixels.buffer]);
    }

    #answer({ error, pixels, milliseconds }) {
        const { resolve, reject } = this.busy;
        this.milliseconds = milliseconds ?? this.milliseconds;
        this.#start();
        if (error) reject(new Error(error));
        else resolve(pixels);
    }

    close() {
        this.worker.terminate(); // Which frees its memory, whatever the runtime kept.
        for (const waiting of [this.busy, this.next]) waiting?.resolve(null);
    }
}

function ask(worker, message, progress) {
    return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => {
            if (data.progress) progress(data.progress);
            else if (data.error) reject(new Error(data.error));
            else resolve(data);
        };
        worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
        worker.postMessage(message);
    });
}

async function knownDrawing(base, card) {
    if (!card.check) throw new Error("this bundle has no known drawing; export it again");
    const [drawing, answer] = await Promise.all(
        [card.check.drawing, card.check.answer].map((path) => pixelsOf(new URL(path, base), card.size)));
    return { drawing, answer, psnr: card.check.psnr };
}

// A picture's pixels, RGBA. A canvas that is drawn by software gives back what was put in.
export async function pixelsOf(url, size) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
    const image = await createImageBitmap(await response.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    const canvas = new OffscreenCanvas(size, size);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, size, size).data;
}
