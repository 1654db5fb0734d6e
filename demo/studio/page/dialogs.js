// Ask something before it is done: a name, or whether it is meant.

import { make } from "../pad/dom.js";
import { text } from "./words.js";

// Resolves to the name that was given, or null.
export function askName(words, value, done) {
    const input = make("input", { type: "text", value, required: "", maxlength: 80, "aria-label": words, autocomplete: "off" });
    const asked = open(words, [input], done, "primary", () => input.value.trim() || null);
    input.select();
    return asked;
}

// Resolves to whether it is meant.
export async function askWhether(words, explained, done) {
    return Boolean(await open(words, [make("p", {}, explained)], done, "grave", () => true));
}

function open(words, content, done, kind, value) {
    return new Promise((resolve) => {
        let answer = null;
        const form = make("form", { onsubmit: (event) => {
            event.preventDefault();
            answer = value();
            dialog.close();
        } },
            make("h2", {}, words), ...content,
            make("div", { class: "row" },
                make("button", { class: kind }, done),
                make("button", { type: "button", class: "tool", onclick: () => dialog.close() }, text("no"))));
        const dialog = make("dialog", { "aria-label": words, onclose: () => {
            dialog.remove();
            resolve(answer);
        } }, form);
        document.body.append(dialog);
        dialog.showModal();
    });
}
