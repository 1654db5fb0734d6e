// The losses of a training, a small line each, for those who want them.

import { make } from "../pad/dom.js";
import { keep, say, show } from "./keep.js";
import { known, number, text } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [300, 60];

export function makeChart() {
    const list = make("ul", { class: "charts" });
    const element = make("details", { hidden: "" }, make("summary", {}, text("losses")), make("p", { class: "aside" }, text("losses_why")), list);

    function build(name) {
        const svg = document.createElementNS(SVG, "svg");
        const line = document.createElementNS(SVG, "polyline");
        svg.setAttribute("viewBox", `0 -3 ${WIDTH} ${HEIGHT + 6}`);
        svg.setAttribute("preserveAspectRatio", "none");
        svg.setAttribute("aria-hidden", "true");
        line.setAttribute("vector-effect", "non-scaling-stroke");
        svg.append(line);
        return make("li", {}, make("span", { title: name }, known(`loss_${name}`, name)), svg, make("span", { class: "told" }));
    }

    function update(losses) {
        const names = [...new Set(losses.flatMap(([, values]) => Object.keys(values)))];
        show(element, losses.length > 1);
        keep(list, names, (name) => name, build, (node, name) => {
            const points = losses.filter(([, values]) => Number.isFinite(values[name])).map(([images, values]) => [images, values[name]]);
            if (points.length < 2) return;
            node.querySelector("polyline").setAttribute("points", scaled(points));
            say(node.lastElementChild, number(points.at(-1)[1], 3));
        });
    }

    return { element, update };
}

function scaled(points) {
    const values = points.map(([, value]) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const [first, last] = [points[0][0], points.at(-1)[0]];
    const across = (images) => (WIDTH * (images - first)) / (last - first || 1);
    const down = (value) => HEIGHT * (1 - (value - low) / (high - low || 1));
    return points.map(([images, value]) => `${across(images).toFixed(1)},${down(value).toFixed(1)}`).join(" ");
}
