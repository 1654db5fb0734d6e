// A look: bytes beside a drawing that say how its picture is to look. Plain arithmetic, which Python
// repeats: `describe` is training/look/describe.py's, `randomLook` demo/looks.py's.

import { noise } from "./noise.js";

export const MEAN = 128;
const SPREAD = 51; // Standard deviation of random bytes.
const CELLS = 64; // A side, that a photo is described in.
const LUMA = [0.299, 0.587, 0.114];

export function meanLook(length) { return new Uint8Array(length).fill(MEAN); }

// The look of a seed, the same on every device.
export function randomLook(seed, length) {
    return Uint8Array.from(noise(seed, length), (value) => toByte(MEAN + SPREAD * value));
}

// A look that puts what is drawn into the light of a photo: RGBA, Uint8ClampedArray [size * size * 4].
// Bytes that say nothing of what is behind a thing stay those of `look`; `told` is the card's.
export function lookOf(pixels, size, told, look) {
    const values = describe(pixels, size);
    return look.map((byte, index) => (index < told.mean.length ? toByte(127.5 + (values[index] - told.mean[index]) / told.step[index]) : byte));
}

// Six numbers, of pixels of 0..1: luma of the mean colour, its red less blue, its green less the mean
// of these two; then the standard deviation of luma, and how much lighter it is at the upper border
// than in the middle, and at the right one.
export function describe(pixels, size) {
    const cell = Math.max(1, Math.floor(size / CELLS));
    const cells = Math.floor(size / cell);
    const colour = [0, 0, 0];
    const luma = new Float64Array(cells * cells);
    for (let y = 0; y < cells * cell; y += 1)
        for (let x = 0; x < cells * cell; x += 1)
            for (let channel = 0; channel < 3; channel += 1) {
                const value = pixels[4 * (y * size + x) + channel] / 255 / (cell * cell);
                colour[channel] += value / (cells * cells);
                luma[Math.floor(y / cell) * cells + Math.floor(x / cell)] += LUMA[channel] * value;
            }
    const light = LUMA.reduce((sum, share, channel) => sum + share * colour[channel], 0);
    const place = (index) => (index + 0.5) * 2 / cells - 1; // Of a cell, from one border to the other.
    let [right, below, square] = [0, 0, 0];
    for (let at = 0; at < luma.length; at += 1) {
        const [x, y] = [place(at % cells), place(Math.floor(at / cells))];
        right += (luma[at] - light) * x;
        below += (luma[at] - light) * y;
        square += x * x;
    }
    [right, below] = [right / square, below / square];
    let rest = 0;
    for (let at = 0; at < luma.length; at += 1)
        rest += (luma[at] - light - right * place(at % cells) - below * place(Math.floor(at / cells))) ** 2;
    const [red, green, blue] = colour;
    return [light, red - blue, green - (red + blue) / 2, Math.sqrt(rest / luma.length + 1e-8), -below, right];
}

function toByte(value) { return Math.min(255, Math.max(0, Math.floor(value + 0.5))); }
