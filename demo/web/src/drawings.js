// The page of a model that takes drawings: a canvas, which the picture follows.

import { make } from "../../pad/dom.js";
import { makePad } from "../../pad/pad.js";
import { sketchOf } from "./live.js";

// What a task gives the page: its elements, and the source that its picture is drawn from.
export function drawings(live, text) {
    const { base, card } = live;
    const element = make("section", { id: "pad", class: "pad" });
    const pad = makePad(element, text, () => live.redraw());
    pad.prepare({
        ...card.canvas, size: card.size,
        palette: card.canvas.palette.map(({ name, color }) => [name, color]),
        examples: (card.examples ?? []).map((path) => new URL(path, base).href),
    });
    const doodles = (card.data.sketch ?? "given") !== "given";
    return { tagline: text(doodles ? "tagline" : "other_picture"), controls: element, below: [], source: sketchOf(() => pad.drawing.canvas, card.size) };
}
