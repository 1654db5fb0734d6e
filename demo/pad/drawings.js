// The controls of a model that takes drawings: a canvas, which the picture follows.

import { make } from "./dom.js";
import { looks } from "./looks.js";
import { makePad } from "./pad.js";
import { sketchOf } from "./live.js";
import { likeWindow, nameOf, sidesOf } from "./sizes.js";

// What a task gives the studio: its elements, and the source that its picture is drawn from. `shapes` are
// those of `sizes.js`; `reshape(cards)` is called to draw on a canvas of another one.
export function drawings(live, text, { shapes, reshape }) {
    const { base, card } = live;
    const element = make("section", { class: "pad", part: "pad" });
    const pad = makePad(element, text, () => {
        live.redraw();
        answers?.changed();
    });
    const drawn = sketchOf(() => pad.drawing.canvas);
    const answers = card.look ? looks(live, text, drawn) : null;
    pad.prepare({
        ...card.canvas, size: Math.min(...sidesOf(card)),
        palette: card.canvas.palette.map(({ name, color }) => [name, color]),
        examples: (card.examples ?? []).map((path) => new URL(path, base).href),
    });
    if (shapes.length > 1) element.append(chooser());
    use(shapes[0]);

    function chooser() {
        const named = [...shapes.map((cards) => {
            const [width, height] = sidesOf(cards.at(-1));
            return [`${text(`shape_${nameOf(cards)}`)}, ${width} × ${height}`, () => cards];
        }), [text("shape_screen"), () => likeWindow(shapes)]];
        const select = make("select", { "aria-label": text("shape"), onchange: async () => {
            const cards = named[select.selectedIndex][1]();
            use(cards);
            await reshape(cards);
            answers?.changed();
        } }, ...named.map(([name]) => make("option", {}, name)));
        return make("label", { class: "shape" }, make("span", {}, text("shape")), select);
    }

    function use(cards) {
        pad.reshape(sidesOf(cards[0]), sidesOf(cards.at(-1))[0]);
    }

    const doodles = (card.data.sketch ?? "given") !== "given";
    const source = (each) => {
        const inputs = drawn(each);
        return inputs && answers ? { ...inputs, look: answers.current } : inputs;
    };
    return { tagline: text(doodles ? "tagline" : "other_picture"), controls: element, below: answers ? [answers.element] : [], source };
}
