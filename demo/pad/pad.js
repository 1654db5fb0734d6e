// The canvas with its pens and tools, for mouse, finger, pen and keyboard.

import { Drawing } from "./drawing.js";
import { make, tool } from "./dom.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Fills `element`; `text` is what `speak` gives, `onchange()` is called when the drawing is another. Returns
// { prepare(setup), reshape(sides, least), drawing }, where setup is {size, background, palette, brush, examples}: the
// brush is as wide on a canvas whose shorter side has `size` pixels; for `reshape` see `drawing.js`.
export function makePad(element, text, onchange) {
    let setup = null;
    let color, width, erasing = false;
    let cursor = null; // Where the keyboard's pen is.

    const words = (name) => { // "light blue", or else word by word: "leaf green", "Hoja verde".
        const known = text(name);
        const translated = known === name ? name.split(" ").map((word) => text(word)).join(" ") : known;
        return translated.charAt(0).toUpperCase() + translated.slice(1);
    };

    const helpId = `pad-help-${document.querySelectorAll(".help").length}`; // A page may have several pads.
    const canvas = make("canvas", { tabindex: 0, role: "application", "aria-label": text("canvas"), "aria-describedby": helpId });
    const drawing = new Drawing(canvas, (finished, drawn = true) => {
        here.hidden = true;
        if (finished) update();
        else problem.textContent = "";
        if (drawn) onchange();
    });
    const here = make("p", { class: "here", "aria-hidden": "true" }, text("here"));
    const crosshair = make("div", { class: "crosshair", hidden: "" });
    const colors = make("div", { class: "colors", role: "group", "aria-label": text("colors") });
    const brushes = make("div", { class: "brushes", role: "group", "aria-label": text("brushes") });
    const eraser = tool("eraser", text("eraser"), () => choose(color, !erasing));
    const undo = tool("undo", text("undo"), () => drawing.undo());
    const redo = tool("redo", text("redo"), () => drawing.redo());
    const clear = tool("clear", text("clear"), () => drawing.clear());
    const file = make("input", { type: "file", accept: "image/png,image/jpeg,image/webp", hidden: "", onchange: () => { upload(file.files[0]); file.value = ""; } });
    const problem = make("p", { class: "problem", role: "alert" });
    const examples = make("div", { class: "examples", role: "group", "aria-label": text("examples") });

    element.append(
        make("div", { class: "paper" }, canvas, here, crosshair),
        make("p", { id: helpId, class: "help" }, text("help")),
        make("div", { class: "desk" }, colors, brushes,
            make("div", { class: "tools" }, eraser, undo, redo, clear, tool("upload", text("upload"), () => file.click()), file)),
        problem,
        examples,
    );

    function prepare(next) {
        setup = next;
        width = setup.brush;
        drawPalette();
        drawBrushes();
        drawExamples();
        choose(setup.palette.length ? setup.palette[0][1] : "#ffffff", false);
    }

    function reshape(sides, least) {
        cursor = null;
        drawing.prepare(sides, least, setup.background);
        drawCrosshair();
    }

    function drawPalette() {
        colors.replaceChildren(...setup.palette.map(([name, value]) => {
            const pen = make("button", {
                type: "button", class: "color", "data-color": value,
                title: words(name), "aria-label": words(name), onclick: () => choose(value, false),
            });
            pen.style.setProperty("--color", value); // A strict policy forbids style attributes.
            return pen;
        }));
        colors.append(make("label", { class: "color other", title: text("other") }, make("input", {
            type: "color", value: "#ff8800", "aria-label": text("other"),
            oninput: (event) => choose(event.target.value, false),
            onclick: (event) => choose(event.target.value, false),
        })));
    }

    function drawBrushes() {
        const widths = [0.4, 1, 2, 4].map((times) => Math.max(1, Math.round(setup.brush * times)));
        brushes.replaceChildren(...[...new Set(widths)].map((value, index) => {
            const brush = make("button", {
                type: "button", class: "brush", "data-width": value,
                title: text("pixels", { n: value }), "aria-label": text("pixels", { n: value }),
                onclick: () => { width = value; update(); },
            });
            brush.style.setProperty("--dot", `${6 + 5 * index}px`);
            return brush;
        }));
    }

    function drawExamples() {
        examples.replaceChildren(...setup.examples.map((source, index) => {
            const name = text("example", { n: index + 1 });
            const load = async () => drawing.place(await createImageBitmap(await (await fetch(source)).blob()));
            return make("button", { type: "button", title: name, "aria-label": name, onclick: load },
                make("img", { src: source, alt: "" }));
        }));
    }

    function choose(value, erase) {
        color = value;
        erasing = erase;
        update();
    }

    function update() {
        const inPalette = setup.palette.some(([, value]) => value === color);
        for (const button of colors.querySelectorAll("[data-color]"))
            button.setAttribute("aria-pressed", !erasing && button.dataset.color === color);
        colors.querySelector(".other").classList.toggle("on", !erasing && !inPalette);
        for (const button of brushes.children)
            button.setAttribute("aria-pressed", Number(button.dataset.width) === width);
        eraser.setAttribute("aria-pressed", erasing);
        undo.disabled = clear.disabled = !drawing.started;
        redo.disabled = !drawing.repeatable;
        here.hidden = drawing.started;
        drawCrosshair();
    }

    // ---- Mouse, finger, pen -------------------------------------------------------------------

    const ink = () => (erasing ? null : color);

    const share = () => width / setup.size;

    // A pen that feels pressure draws from a third of the brush to all of it.
    const pressed = (event) => (event.pointerType === "pen" && event.pressure ? share() * (1 + 2 * event.pressure) / 3 : share());

    canvas.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || !event.isPrimary || drawing.pen) return;
        canvas.setPointerCapture(event.pointerId);
        cursor = null;
        drawing.down(drawing.placeOf(event), ink(), pressed(event));
        drawCrosshair();
    });
    canvas.addEventListener("pointermove", (event) => {
        if (!drawing.pen || cursor || !event.isPrimary) return;
        const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
        for (const step of steps.length ? steps : [event]) drawing.move(drawing.placeOf(step), pressed(step));
    });
    for (const name of ["pointerup", "pointercancel"])
        canvas.addEventListener(name, (event) => { if (event.isPrimary && !cursor) drawing.up(); });

    // ---- Keyboard -----------------------------------------------------------------------------

    function anotherBrush(direction) {
        const widths = [...brushes.children].map((button) => Number(button.dataset.width));
        const index = widths.indexOf(width) + direction;
        width = widths[Math.min(widths.length - 1, Math.max(0, index))];
        update();
    }

    canvas.addEventListener("keydown", (event) => {
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
        const control = event.ctrlKey || event.metaKey;
        if (control && key === "z" && !event.shiftKey) drawing.undo();
        else if (control && (key === "y" || key === "z")) drawing.redo();
        else if (control || event.altKey || (drawing.pen && !cursor)) return;
        else if (key in ARROWS) {
            cursor ??= [canvas.width / 2, canvas.height / 2];
            const by = (event.shiftKey ? 1 : Math.max(2, width / 2)) * drawing.unit / setup.size;
            cursor = cursor.map((at, axis) => Math.min(axis ? canvas.height : canvas.width, Math.max(0, at + by * ARROWS[key][axis])));
            if (drawing.pen) drawing.move(cursor, share());
        } else if (key === " ") {
            cursor ??= [canvas.width / 2, canvas.height / 2];
            if (drawing.pen) drawing.up();
            else drawing.down(cursor, ink(), share());
        } else if (key === "e") choose(color, !erasing);
        else if (key === "+" || key === "-") anotherBrush(key === "+" ? 1 : -1);
        else if (/^[1-9]$/.test(key) && setup.palette[key - 1]) choose(setup.palette[key - 1][1], false);
        else return;
        event.preventDefault();
        drawCrosshair();
    });
    canvas.addEventListener("blur", () => { if (cursor) { drawing.up(); cursor = null; drawCrosshair(); } });

    function drawCrosshair() {
        crosshair.hidden = !cursor;
        if (!cursor) return;
        crosshair.classList.toggle("down", Boolean(drawing.pen));
        crosshair.style.left = `${cursor[0] / canvas.width * 100}%`;
        crosshair.style.top = `${cursor[1] / canvas.height * 100}%`;
        crosshair.style.width = `${share() * drawing.unit / canvas.width * 100}%`;
    }

    // ---- Pictures -----------------------------------------------------------------------------

    async function upload(picture) {
        if (!picture || drawing.pen) return;
        let image = null;
        // Decoded, turned upright and made small here: what leaves the browser is a drawing's size.
        try { image = await createImageBitmap(picture); } catch { /* Not a picture: told below. */ }
        problem.textContent = image ? "" : text("unreadable");
        if (image) drawing.place(image);
    }

    canvas.addEventListener("dragover", (event) => event.preventDefault());
    canvas.addEventListener("drop", (event) => { event.preventDefault(); upload(event.dataTransfer.files[0]); });

    return { prepare, reshape, drawing };
}
