// A worker's side of an engine: load a model, check it on a known answer, then answer one request after another.

// `load(options)` gives `run`, a function from inputs by name, typed arrays, to the RGB values of a
// picture [height * width * 3], 0..255; `numbers` is the kind of array that it takes a picture in, of
// such values, too.
export function serve(load) {
    let generate = null;
    self.onmessage = async ({ data }) => {
        try {
            if (generate) {
                const start = performance.now();
                const pixels = await generate(data.inputs);
                self.postMessage({ pixels, milliseconds: performance.now() - start }, [pixels.buffer]);
            } else {
                const { numbers, run } = await load(data);
                generate = async (inputs) => toPixels(await run(withValues(inputs, numbers)));
                self.postMessage({ milliseconds: await prove(generate, data.check) });
            }
        } catch (error) {
            self.postMessage({ error: error?.message ?? String(error) });
        }
    };
}

// Twice, because some phones' GPUs get only the first right.
async function prove(generate, { inputs, answer, psnr }) {
    let milliseconds = 0;
    for (let time = 0; time < 2; time += 1) {
        const start = performance.now();
        const got = await generate(inputs);
        milliseconds = performance.now() - start;
        const found = similarity(got, answer);
        if (!(found >= psnr)) throw new Error(`gives wrong pictures here (${found.toFixed(1)} dB)`);
    }
    return milliseconds;
}

// PSNR of two RGBA pictures in dB, alpha left out.
function similarity(one, other) {
    let sum = 0;
    for (let at = 0; at < one.length; at += 4)
        for (let channel = at; channel < at + 3; channel += 1) sum += (one[channel] - other[channel]) ** 2;
    return sum ? 10 * Math.log10(255 ** 2 * one.length * 0.75 / sum) : Infinity;
}

// RGBA becomes RGB, and bytes the kind of number that pictures are; other inputs are as they come.
function withValues(inputs, numbers) {
    const values = (input) => {
        if (input instanceof Uint8ClampedArray) return toValues(input, numbers);
        return input instanceof Uint8Array ? numbers.from(input) : input;
    };
    return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, values(input)]));
}

function toValues(pixels, Numbers) {
    const values = new Numbers(pixels.length / 4 * 3);
    for (let from = 0, to = 0; from < pixels.length; from += 4) {
        values[to++] = pixels[from];
        values[to++] = pixels[from + 1];
        values[to++] = pixels[from + 2];
    }
    return values;
}

function toPixels(values) {
    const pixels = new Uint8ClampedArray(values.length / 3 * 4); // Clamped and rounded by its kind.
    for (let from = 0, to = 0; from < values.length;) {
        pixels[to++] = values[from++];
        pixels[to++] = values[from++];
        pixels[to++] = values[from++];
        pixels[to++] = 255;
    }
    return pixels;
}

// A file's bytes, with word on how far it is; unpacked where the host has not done so.
export async function fetchBytes(url, total) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${new URL(url).pathname.split("/").pop()}: ${response.status}`);
    const parts = [];
    let loaded = 0;
    for (const reader = response.body.getReader();;) {
        const { done, value } = await reader.read();
        if (done) break;
        parts.push(value);
        loaded += value.length;
        if (total) self.postMessage({ progress: { loaded, total } });
    }
    const blob = new Blob(parts);
    const start = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
    if (start[0] !== 0x1f || start[1] !== 0x8b) return blob.arrayBuffer();
    return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

// The model, refused unless it is what the card says.
export async function fetchModel({ model, bytes, sha256 }) {
    const found = await fetchBytes(model, bytes);
    const name = new URL(model).pathname.split("/").pop();
    if (found.byteLength !== bytes) throw new Error(`${name}: expected ${bytes} bytes, got ${found.byteLength}`);
    if (self.crypto?.subtle) { // Only where the page came by https, or from this machine.
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", found));
        const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        if (hex !== sha256) throw new Error(`${name} was altered: its sha256 is not the card's`);
    }
    return new Uint8Array(found);
}
