// Helpers that canvas and page share: make elements, translate words, save files.

export function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
        else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
}

const ICONS = {
    eraser: "m7 21-4.3-4.3a1 1 0 0 1 0-1.4l10-10a1 1 0 0 1 1.4 0l5.6 5.6a1 1 0 0 1 0 1.4L13 19M22 21H7M5 11l9 9",
    undo: "M3 7v6h6M21 17a9 9 0 0 0-15-6.7L3 13",
    redo: "M21 7v6h-6M3 17a9 9 0 0 1 15-6.7L21 13",
    clear: "M3 6h18M8 6V4h8v2M6 6l1 14h10l1-14",
    upload: "M12 16V4M7 9l5-5 5 5M4 20h16",
    download: "M12 4v12M7 11l5 5 5-5M4 20h16",
    dice: "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2M8 8h.01M16 8h.01M12 12h.01M8 16h.01M16 16h.01",
    share: "M4 12v8h16v-8M12 16V3M7 8l5-5 5 5",
};

// A button with an icon; `text` is the word beside it, which a narrow screen hides.
export function tool(name, text, onclick) {
    const button = make("button", { type: "button", class: "tool", title: text, "aria-label": text, onclick });
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
    button.append(make("span", {}, text));
    return button;
}

// The language that is spoken to who prefers `preferred`, a tag such as "es-MX".
export function language(preferred = navigator.language) {
    return preferred.toLowerCase().startsWith("es") ? "es" : "en";
}

// A function from a key (and values to fill in) to words in the language of `preferred`.
export function speak(texts, preferred) {
    const words = texts[language(preferred)];
    return (key, values = {}) =>
        (Object.hasOwn(words, key) ? words[key] : key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function saveFile(file) {
    const link = make("a", { href: URL.createObjectURL(file), download: file.name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
