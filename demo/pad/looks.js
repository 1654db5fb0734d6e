// Looks of a drawing: other answers to it, live; sliders, names, dice, and the light of a photo.

import { make, saveFile, tool } from "./dom.js";
import { lookOf, meanLook, randomLook } from "./look.js";
import { MAX_SEED } from "./noise.js";
import { sidesOf } from "./sizes.js";

const OTHERS = 4; // Answers beside the one that is shown large.
const HISTORY = 100; // Looks to go back to.

// The elements, and `current`, the look of the picture; `sketch(card)` gives the drawing as the model of a
// card takes it, or null. `changed()` is to be called when the drawing is another.
export function looks(live, text, sketch) {
    const { look: told, name } = live.card;
    const [width, height] = sidesOf(live.card);
    const { length } = told.names;
    const history = [];
    let current = meanLook(length);
    let others = Array.from({ length: OTHERS }, roll);
    const kept = others.map(() => false);
    let busy = false, again = false; // Whether the row is at work, and has to begin anew.

    const views = others.map(() => make("canvas", { width, height, "aria-hidden": "true" }));
    const row = make("div", { role: "group", "aria-label": text("others") }, ...views.map((view, index) => make("div", { class: "answer" },
        make("button", { type: "button", class: "take", "aria-label": text("take", { n: index + 1 }), title: text("take", { n: index + 1 }), onclick: () => choose(others[index]) }, view),
        make("label", { title: text("keep") }, make("input", { type: "checkbox", "aria-label": `${text("keep")} ${index + 1}`, onchange: ({ target }) => { kept[index] = target.checked; } }), make("span", { "aria-hidden": "true" })))));
    const back = tool("undo", text("look_undo"), () => show(history.pop()));
    const file = make("input", { type: "file", accept: "image/*", hidden: "", onchange: () => { from(file.files[0]); file.value = ""; } });
    const sliders = told.names.map((each, index) =>
        make("input", { type: "range", min: 0, max: 255, step: 1, "aria-label": nameOf(each), onpointerdown: remember, onkeydown: remember, oninput: ({ target }) => slide(index, target.valueAsNumber) }));
    const problem = make("p", { class: "problem", role: "alert" });
    const element = make("figure", { class: "strip looks" },
        make("figcaption", {}, text("others")),
        row,
        make("div", { class: "tools" },
            tool("dice", text("look_dice"), dice),
            back,
            tool("upload", text("look_photo"), () => file.click()), file,
            tool("download", text("sheet"), save)),
        make("div", { class: "tools names", role: "group", "aria-label": text("named") },
            make("button", { type: "button", class: "tool", onclick: () => choose(meanLook(length)) }, text("look_mean")),
            ...told.palette.map((each) => make("button", { type: "button", class: "tool", onclick: () => choose(Uint8Array.from(each.look)) }, nameOf(each.name)))),
        make("details", {}, make("summary", {}, text("adjust")),
            make("div", { class: "sliders" }, ...sliders.map((slider, index) =>
                make("label", {}, make("span", {}, nameOf(told.names[index])), slider)))),
        problem);

    function nameOf(look) { // A bundle of one's own may have looks that there is no word for.
        const key = `look_${look}`;
        return text(key) === key ? look.replaceAll("_", " ") : text(key);
    }

    function roll() { return randomLook(Math.floor(Math.random() * (MAX_SEED + 1)), length); }

    function dice() {
        others = others.map((look, index) => (kept[index] ? look : roll()));
        follow();
    }

    function remember() { // Before the look is another.
        if (history.at(-1)?.every((byte, index) => byte === current[index])) return;
        history.push(current);
        if (history.length > HISTORY) history.shift();
        back.disabled = false;
    }

    function choose(look) {
        remember();
        show(look);
    }

    function slide(index, value) {
        current = current.slice();
        current[index] = value;
        show(current);
    }

    function show(look) {
        current = look ?? current;
        for (const [index, slider] of sliders.entries()) slider.value = current[index];
        back.disabled = !history.length;
        problem.textContent = "";
        live.redraw();
    }

    // All answers follow the drawing: one pass over them after another, each of what is drawn by then.
    async function follow() {
        again = true;
        if (busy) return;
        busy = true;
        while (again) {
            again = false;
            const drawn = sketch(live.card);
            row.ariaBusy = "true";
            if (drawn) await live.row(views, others.map((look) => ({ ...drawn, look })));
            else for (const view of views) view.getContext("2d").clearRect(0, 0, view.width, view.height);
        }
        row.ariaBusy = "false";
        busy = false;
    }

    async function from(photo) {
        if (!photo) return;
        let image = null;
        try { image = await createImageBitmap(photo); } catch { /* Not a picture: told below. */ }
        problem.textContent = image ? "" : text("unreadable");
        const size = Math.min(...sidesOf(live.card));
        if (image) choose(lookOf(pixelsOf(image, size), size, told, current));
    }

    function pixelsOf(image, size) { // Of its middle, a square.
        const context = new OffscreenCanvas(size, size).getContext("2d", { willReadFrequently: true });
        const side = Math.min(image.width, image.height);
        context.imageSmoothingQuality = "high";
        context.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, size, size);
        return context.getImageData(0, 0, size, size).data;
    }

    function save() { // The large answer, and the others.
        const all = [live.view, ...views];
        const [width, height] = sidesOf(live.card);
        const sheet = make("canvas", { width: width * all.length, height });
        for (const [index, view] of all.entries()) sheet.getContext("2d").drawImage(view, index * width, 0, width, height);
        sheet.toBlob((blob) => saveFile(new File([blob], `${name}-looks.png`, { type: "image/png" })), "image/png");
    }

    live.view.addEventListener("dragover", (event) => event.preventDefault());
    live.view.addEventListener("drop", (event) => {
        event.preventDefault();
        from(event.dataTransfer.files[0]);
    });
    show(current);
    return { element, changed: follow, get current() { return current; } };
}
