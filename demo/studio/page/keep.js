// Bring elements up to date without making them anew: what is focused, typed or loaded stays as it is.

import { make, tool } from "../pad/dom.js";
import { sentence } from "./words.js";

// Keep the children of `parent` in step with `items`: `build(item)` makes one that is not there, `update(node, item)`
// brings each up to date, `key(item)` tells them apart.
export function keep(parent, items, key, build, update = () => {}) {
    const keys = new Set(items.map((item) => String(key(item))));
    for (const node of [...parent.children]) if (!keys.has(node.dataset.key)) node.remove();
    const there = new Map([...parent.children].map((node) => [node.dataset.key, node]));
    let next = parent.firstElementChild;
    for (const item of items) {
        const name = String(key(item));
        let node = there.get(name);
        if (!node) {
            node = build(item);
            node.dataset.key = name;
        }
        update(node, item);
        if (node === next) next = next.nextElementSibling;
        else parent.insertBefore(node, next);
    }
}

// Set what a node says, if it is something else: a reader hears what has changed, and no more.
export function say(node, words) {
    if (node.textContent !== words) node.textContent = words;
}

export function show(node, shown) {
    if (node.hidden === shown) node.hidden = !shown;
}

export function point(node, attribute, url) {
    if (node.getAttribute(attribute) !== url) node.setAttribute(attribute, url);
}

export const problem = () => make("p", { class: "problem", role: "alert" });

// A button that does something which takes a while, and tells in `place` if it did not work.
export function button(words, place, act, kind = "tool") {
    const node = make("button", { type: "button", class: kind, onclick: () => attempt(node, place, act) }, words);
    return node;
}

// The same with an icon of `dom.js`.
export function iconed(icon, words, place, act) {
    const node = tool(icon, words, () => attempt(node, place, act));
    return node;
}

export async function attempt(node, place, act) {
    if (node.ariaBusy === "true") return;
    node.ariaBusy = "true";
    say(place, "");
    try {
        await act();
    } catch (error) {
        if (error.name !== "AbortError") say(place, sentence(error));
    } finally {
        node.ariaBusy = "false";
    }
}

// A row of choices of which one is taken, each a label with a radio: [value, ...what is in it].
export function choices(name, words, options, onchange) {
    return make("fieldset", { class: "choices", "data-name": name }, make("legend", {}, words), ...options.map(([value, ...content]) =>
        make("label", { class: "choice" }, make("input", { type: "radio", name, value, onchange: () => onchange(value) }), ...content)));
}

export function take(fieldset, value) {
    for (const input of fieldset.querySelectorAll("input[type=radio]")) if (input.checked !== (input.value === value)) input.checked = input.value === value;
}

export const taken = (fieldset) => fieldset.querySelector("input[type=radio]:checked")?.value;

// A bar with what it says beside it; `set(share or null, words)`.
export function bar(label) {
    const track = make("progress", { max: 1, "aria-label": label });
    const words = make("span", { class: "told" });
    const node = make("div", { class: "bar" }, track, words);
    node.set = (share, told) => {
        if (share === null) track.removeAttribute("value");
        else track.value = share;
        say(words, told);
    };
    return node;
}
