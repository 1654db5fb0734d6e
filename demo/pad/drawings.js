// The controls of a model that takes drawings: a canvas, which the picture follows.

import { make } from "./dom.js";
import { makePad } from "./pad.js";
import { sketchOf } from "./live.js";

// What a task gives the studio: its elements, and the source that its picture is drawn from.
export function drawings(live, text) {
    const { base, card } = live;
    const element = make("section", { class: "pad" });
    const pad = makePad(element, text, () => live.redraw());
    pad.prepare({
        ...card.canvas, size: card.size,
        palette: card.canvas.palette.map(({ name, color }) => [name, color]),
        examples: (card.examples ?? []).map((path) => new URL(path, base).href),
    });
    const doodles = (card.data.sketch ?? "given") !== "given";
    return { tagline: text(doodles ? "tagline" : "other_picture"), controls: element, below: [], source: sketchOf(() => pad.drawing.canvas, card.size) };
}
