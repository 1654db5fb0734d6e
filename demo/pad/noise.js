// Make noise from a seed, and interpolate between the noises of two seeds.

export const MAX_SEED = 2 ** 32 - 1;

// Standard normal noise of a seed from 0 to MAX_SEED: Float32Array [latent], the same on every device
// and in Python (demo/latents.py). Box-Muller on the numbers of mulberry32.
export function noise(seed, latent) {
    const random = mulberry32(seed);
    const values = new Float32Array(latent);
    for (let at = 0; at < latent; at += 2) {
        const radius = Math.sqrt(-2 * Math.log(1 - random())); // Of 1 - 0 there is a logarithm.
        const angle = 2 * Math.PI * random();
        values[at] = radius * Math.cos(angle);
        if (at + 1 < latent) values[at + 1] = radius * Math.sin(angle);
    }
    return values;
}

// `steps` noises on the arc from one to another, both included. Spherical interpolation, as in
// https://arxiv.org/abs/1609.04468: on the straight line the noises between would be shorter than any
// that a generator was trained on.
export function between(start, end, steps) {
    const cosine = dot(start, end) / Math.sqrt(dot(start, start) * dot(end, end));
    const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
    const sine = Math.sin(angle);
    return Array.from({ length: steps }, (_, step) => {
        const share = step / (steps - 1);
        if (share === 0 || share === 1) return share ? end : start; // To the bit.
        // One direction, or opposite ones: there is no arc to follow.
        const [from, to] = sine < 1e-6 ? [1 - share, share] : [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
        return start.map((value, at) => from * value + to * end[at]);
    });
}

function dot(one, other) {
    return one.reduce((sum, value, at) => sum + value * other[at], 0);
}

// Numbers from 0 to below 1 (Tommy Ettinger's generator, in the public domain).
function mulberry32(state) {
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}
