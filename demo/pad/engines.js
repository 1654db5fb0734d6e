// Engines: what turns a drawing, or noise, into a picture: in a worker of its own, or a server.
//
// `openEngine(kind, base, card, places, progress)` loads one and proves it on the bundle's known answer;
// it gives { kind, milliseconds, generate(inputs), generateLater(inputs), close() }, or throws an Error whose
// message can be shown. `places` has the URLs { engines, pictures }: of the workers' folder, and of the
// server's pictures; either may be missing. Inputs go by the names of the card: a sketch as RGBA, Uint8ClampedArray
// [height * width * 4], a look as bytes, Uint8Array, others as `latent` makes them. Both resolve to RGBA. Of what is
// asked of `generate` while it is at work only the newest is done, and the others resolve to null; so it is with
// `generateLater`, which is done when `generate` has nothing to do.

import { Server, SERVER } from "./server.js";
import { sidesOf } from "./sizes.js";
import { Turns } from "./turns.js";

export const KINDS = {
    "litert-threads": { worker: "litert-worker.js", file: "tflite-int8", threads: true, label: "LiteRT, WASM" },
    "litert": { worker: "litert-worker.js", file: "tflite-int8", label: "LiteRT, WASM" },
    "litert-webgpu": { worker: "litert-worker.js", file: "tflite-float16", webgpu: true, label: "LiteRT, WebGPU" },
    "tfjs-webgpu": { worker: "tfjs-worker.js", file: "tfjs", backend: "webgpu", label: "TensorFlow.js, WebGPU" },
    "tfjs-webgl": { worker: "tfjs-worker.js", file: "tfjs", backend: "webgl", label: "TensorFlow.js, WebGL" },
    "tfjs-wasm": { worker: "tfjs-worker.js", file: "tfjs", backend: "wasm", label: "TensorFlow.js, WASM" },
};

// In place of int8, which only drawings have, and not all of them, the smallest first.
const FLOATS = ["tflite-dynamic", "tflite-float16", "tflite-float32"];

// What a card says of the file that a kind runs; nothing where the bundle has none for it.
function fileFor(kind, { task, files }) {
    const { file } = KINDS[kind];
    const whole = task === "image-to-image" ? [file] : [];
    const names = file === "tflite-int8" ? [...whole, ...FLOATS] : [file];
    return files[names.find((name) => name in files)];
}

// What a model of noise takes; without labels it takes none.
export function latent(noise, label) {
    return { ...(label !== undefined && { label: Int32Array.of(label) }), noise: Float32Array.from(noise) };
}

// The kinds that this browser, this bundle and these places have all they need for, the likely best one
// first; the server comes last.
export async function usable(card, { engines, pictures }) {
    const files = ["tflite-int8", ...FLOATS].filter((file) => pictures && file in card.files);
    return [...(engines ? await workers(card) : []), ...files.map((file) => SERVER + file)];
}

async function workers(card) {
    const gpu = await navigator.gpu?.requestAdapter().catch(() => null); // The API may be there alone.
    return Object.keys(KINDS).filter((kind) => {
        const { threads, webgpu, backend } = KINDS[kind];
        return fileFor(kind, card) && (!threads || crossOriginIsolated) && ((!webgpu && backend !== "webgpu") || gpu);
    });
}

// Open the first of `kinds` that gives the known answer; tells `refused(kind, error)` of each that does
// not. Gives up, and null, when `wanted()` says no.
export async function openFirst(kinds, base, card, places, { progress, refused, wanted }) {
    let last = new Error("no engine runs here");
    for (const kind of kinds) {
        if (!wanted()) return null;
        try {
            return await openEngine(kind, base, card, places, progress);
        } catch (error) {
            refused(kind, error);
            last = error;
        }
    }
    throw last;
}

export async function openEngine(kind, base, card, places, progress = () => {}) {
    if (kind.startsWith(SERVER)) return new Server(kind, places.pictures, sidesOf(card));
    const options = KINDS[kind];
    const worker = workerAt(new URL(options.worker, places.engines));
    const entry = fileFor(kind, card);
    try {
        const opened = await ask(worker, {
            ...options, check: await knownAnswer(base, card),
            model: new URL(entry.path, base).href, bytes: entry.bytes, sha256: entry.sha256,
            wasm: new URL("wasm/", places.engines).href,
        }, progress);
        return new Engine(kind, worker, opened.milliseconds);
    } catch (error) {
        worker.terminate();
        throw error;
    }
}

// A worker whose script may lie on another host, which a worker may load but not be.
function workerAt(url) {
    if (url.origin === location.origin) return new Worker(url);
    const loader = URL.createObjectURL(new Blob([`importScripts(${JSON.stringify(url.href)})`], { type: "text/javascript" }));
    return new Worker(loader);
}

class Engine {
    #turns = new Turns((inputs) => new Promise((resolve, reject) => {
        this.answer = { resolve, reject };
        this.worker.postMessage({ inputs });
    }));

    // `onlost(error)` is told once when the worker breaks, at work or not; `lost` is that error.
    constructor(kind, worker, milliseconds) {
        Object.assign(this, { kind, worker, milliseconds, answer: null, lost: null, onlost: () => {} });
        worker.onmessage = ({ data }) => this.#answered(data);
        worker.onerror = worker.onmessageerror = (event) => this.#lose(new Error(event.message || "the worker stopped"));
    }

    generate(inputs) { return this.#turns.newest(inputs); }

    generateLater(inputs) { return this.#turns.afterwards(inputs); }

    close() {
        this.worker.terminate(); // Which frees its memory, whatever the runtime kept.
        this.#turns.end();
    }

    #lose(error) {
        if (this.lost) return;
        this.lost = error;
        this.#turns.end();
        this.onlost(error);
    }

    #answered({ error, pixels, milliseconds }) {
        this.milliseconds = milliseconds ?? this.milliseconds;
        if (error) this.answer?.reject(new Error(error));
        else this.answer?.resolve(pixels);
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

async function knownAnswer(base, card) {
    const { check } = card;
    if (!check) throw new Error("this bundle has no known answer; export it again");
    const [answer, sketch] = await Promise.all(
        [check.answer, check.drawing].map((path) => path && pixelsOf(new URL(path, base), ...sidesOf(card))));
    const look = check.look && { look: Uint8Array.from(check.look) };
    return { inputs: sketch ? { sketch, ...look } : latent(check.noise, check.label), answer, psnr: check.psnr };
}

// A picture's pixels, RGBA. A canvas that is drawn by software gives back what was put in.
export async function pixelsOf(url, width, height) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
    const image = await createImageBitmap(await response.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, width, height).data;
}
