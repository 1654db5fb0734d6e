// The controls of a model that takes drawings: a canvas, which the picture follows.

import { make } from "./dom.js";
import { looks } from "./looks.js";
import { makePad } from "./pad.js";
import { sketchOf } from "./live.js";

// What a task gives the studio: its elements, and the source that its picture is drawn from.
export function drawings(live, text) {
    const { base, card } = live;
    const element = make("section", { class: "pad", part: "pad" });
    const pad = makePad(element, text, () => {
        live.redraw();
        answers?.changed();
    });
    const drawn = sketchOf(() => pad.drawing.canvas, card.size);
    const answers = card.look ? looks(live, text, drawn) : null;
    pad.prepare({
        ...card.canvas, size: card.size,
        palette: card.canvas.palette.map(({ name, color }) => [name, color]),
        examples: (card.examples ?? []).map((path) => new URL(path, base).href),
    });
    const doodles = (card.data.sketch ?? "given") !== "given";
    const source = () => {
        const inputs = drawn();
        return inputs && answers ? { ...inputs, look: answers.current } : inputs;
    };
    return { tagline: text(doodles ? "tagline" : "other_picture"), controls: element, below: answers ? [answers.element] : [], source };
}
