// The canvas to draw on. Gradio runs this once, with `element`, `props`, `trigger` and `watch`.
// Python sets `props.value` to a canvas ({size, background, palette, brush, examples}); after each
// stroke this script sets it to {drawing: a PNG of that size} and triggers "input".

const SCALE = 2; // Drawn at twice the model's size, so that strokes look smooth on a large screen.
const HISTORY = 30; // Undo steps: 1 MB each at 256 px.
const LANGUAGE = navigator.language.toLowerCase().startsWith("es") ? "es" : "en";
const TEXTS = props.texts[LANGUAGE];
const text = (key, values = {}) =>
    (Object.hasOwn(TEXTS, key) ? TEXTS[key] : key).replace(/\{(\w+)\}/g, (_, name) => values[name]);

function words(name) { // "leaf green", word by word: "Hoja verde".
    const translated = name.split(" ").map((word) => text(word)).join(" ");
    return translated.charAt(0).toUpperCase() + translated.slice(1);
}

document.documentElement.lang = LANGUAGE;

let setup = null; // The canvas as Python described it.
let color, width, erasing = false;
let history = [];
let pen = null; // Where the pen is while it is down, in canvas pixels.
let cursor = null; // Where the keyboard's pen is.

function make(tag, attributes = {}, ...children) {
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
    clear: "M3 6h18M8 6V4h8v2M6 6l1 14h10l1-14",
    upload: "M12 16V4M7 9l5-5 5 5M4 20h16",
};

function tool(name, onclick) {
    const icon = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
    const button = make("button", { type: "button", class: "tool", title: text(name), "aria-label": text(name), onclick });
    button.innerHTML = icon;
    button.append(make("span", {}, text(name)));
    return button;
}

const canvas = make("canvas", { tabindex: 0, role: "application", "aria-label": text("canvas"), "aria-describedby": "pad-help" });
const context = canvas.getContext("2d", { willReadFrequently: true });
const here = make("p", { class: "here", "aria-hidden": "true" }, text("here"));
const crosshair = make("div", { class: "crosshair", hidden: "" });
const colors = make("div", { class: "colors", role: "group", "aria-label": text("colors") });
const brushes = make("div", { class: "brushes", role: "group", "aria-label": text("brushes") });
const eraser = tool("eraser", () => choose(color, !erasing));
const undo = tool("undo", undoStroke);
const clear = tool("clear", clearAll);
const file = make("input", { type: "file", accept: "image/png,image/jpeg,image/webp", hidden: "", onchange: () => { upload(file.files[0]); file.value = ""; } });
const problem = make("p", { class: "problem", role: "alert" });
const examples = make("div", { class: "examples", role: "group", "aria-label": text("examples") });

element.querySelector(".pad").append(
    make("div", { class: "paper" }, canvas, here, crosshair),
    make("p", { id: "pad-help", class: "help" }, text("help")),
    make("div", { class: "desk" }, colors, brushes,
        make("div", { class: "tools" }, eraser, undo, clear, tool("upload", () => file.click()), file)),
    problem,
    examples,
);

// ---- What Python sets -------------------------------------------------------------------------

function prepare(next) {
    const kept = setup && history.length && setup.background === next.background ? copy() : null;
    setup = next;
    history = [];
    canvas.width = canvas.height = setup.size * SCALE;
    wipe();
    if (kept) {
        history = [blank()];
        context.drawImage(kept, 0, 0, canvas.width, canvas.height);
    }
    width = setup.brush;
    drawPalette();
    drawBrushes();
    drawExamples();
    choose(setup.palette.length ? setup.palette[0][1] : "#ffffff", false);
    update();
}

function drawPalette() {
    colors.replaceChildren(...setup.palette.map(([name, value]) => make("button", {
        type: "button", class: "color", style: `--color: ${value}`, "data-color": value,
        title: words(name), "aria-label": words(name), onclick: () => choose(value, false),
    })));
    colors.append(make("label", { class: "color other", title: text("other") }, make("input", {
        type: "color", value: "#ff8800", "aria-label": text("other"),
        oninput: (event) => choose(event.target.value, false),
        onclick: (event) => choose(event.target.value, false),
    })));
}

function drawBrushes() {
    const widths = [0.4, 1, 2, 4].map((times) => Math.max(1, Math.round(setup.brush * times)));
    brushes.replaceChildren(...[...new Set(widths)].map((value, index) => make("button", {
        type: "button", class: "brush", style: `--dot: ${6 + 5 * index}px`, "data-width": value,
        title: text("pixels", { n: value }), "aria-label": text("pixels", { n: value }),
        onclick: () => { width = value; update(); },
    })));
}

function drawExamples() {
    examples.replaceChildren(...setup.examples.map((source, index) => {
        const name = text("example", { n: index + 1 });
        return make("button", { type: "button", title: name, "aria-label": name, onclick: () => load(source) },
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
    undo.disabled = clear.disabled = !history.length;
    here.hidden = history.length > 0;
    drawCrosshair();
}

// ---- Drawing ----------------------------------------------------------------------------------

function wipe() {
    context.fillStyle = setup.background;
    context.fillRect(0, 0, canvas.width, canvas.height);
}

function copy(size = canvas.width) {
    const other = make("canvas", { width: size, height: size });
    const target = other.getContext("2d");
    target.imageSmoothingQuality = "high";
    target.drawImage(canvas, 0, 0, size, size);
    return other;
}

function blank() {
    const other = make("canvas", { width: canvas.width, height: canvas.height });
    const target = other.getContext("2d");
    target.fillStyle = setup.background;
    target.fillRect(0, 0, canvas.width, canvas.height);
    return other;
}

function remember() {
    here.hidden = true;
    history.push(copy());
    if (history.length > HISTORY) history.shift();
    problem.textContent = "";
}

let due = null;

function send() {
    update();
    due ??= setTimeout(() => { // Later in this turn of the event loop: one answer is enough for it.
        due = null;
        props.value = { drawing: copy(setup.size).toDataURL("image/png") };
        trigger("input");
    });
}

function dot(at) { // A line of no length draws nothing.
    context.fillStyle = erasing ? setup.background : color;
    context.beginPath();
    context.arc(...at, width * SCALE / 2, 0, 2 * Math.PI);
    context.fill();
}

function line(from, to) {
    context.strokeStyle = erasing ? setup.background : color;
    context.lineWidth = width * SCALE;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
}

function position(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * canvas.width, (event.clientY - box.top) / box.height * canvas.height];
}

function penDown(at) {
    remember();
    pen = at;
    dot(pen);
}

function penMove(to) {
    line(pen, to);
    pen = to;
}

function penUp() {
    if (!pen) return;
    pen = null;
    send();
}

canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary || pen) return;
    canvas.setPointerCapture(event.pointerId);
    cursor = null;
    penDown(position(event));
    drawCrosshair();
});
canvas.addEventListener("pointermove", (event) => {
    if (!pen || cursor || !event.isPrimary) return;
    const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const step of steps.length ? steps : [event]) penMove(position(step));
});
for (const name of ["pointerup", "pointercancel"])
    canvas.addEventListener(name, (event) => { if (event.isPrimary && !cursor) penUp(); });

function undoStroke() {
    if (pen || !history.length) return;
    context.drawImage(history.pop(), 0, 0);
    send();
}

function clearAll() {
    if (pen || !history.length) return;
    remember();
    wipe();
    send();
}

// ---- Keyboard ---------------------------------------------------------------------------------

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function step(direction) {
    const widths = [...brushes.children].map((button) => Number(button.dataset.width));
    const index = widths.indexOf(width) + direction;
    width = widths[Math.min(widths.length - 1, Math.max(0, index))];
    update();
}

canvas.addEventListener("keydown", (event) => {
    const key = event.key;
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z") undoStroke();
    else if (event.ctrlKey || event.metaKey || event.altKey || (pen && !cursor)) return;
    else if (key in ARROWS) {
        cursor ??= [canvas.width / 2, canvas.height / 2];
        const by = (event.shiftKey ? 1 : Math.max(2, width / 2)) * SCALE;
        cursor = cursor.map((at, axis) => Math.min(canvas.width, Math.max(0, at + by * ARROWS[key][axis])));
        if (pen) penMove(cursor);
    } else if (key === " ") {
        cursor ??= [canvas.width / 2, canvas.height / 2];
        if (pen) penUp();
        else penDown(cursor);
    } else if (key.toLowerCase() === "e") choose(color, !erasing);
    else if (key === "+" || key === "-") step(key === "+" ? 1 : -1);
    else if (/^[1-9]$/.test(key) && setup.palette[key - 1]) choose(setup.palette[key - 1][1], false);
    else return;
    event.preventDefault();
    drawCrosshair();
});
canvas.addEventListener("blur", () => { if (cursor) { penUp(); cursor = null; drawCrosshair(); } });

function drawCrosshair() {
    crosshair.hidden = !cursor;
    if (!cursor) return;
    crosshair.classList.toggle("down", Boolean(pen));
    crosshair.style.left = `${cursor[0] / canvas.width * 100}%`;
    crosshair.style.top = `${cursor[1] / canvas.height * 100}%`;
    crosshair.style.width = `${width / setup.size * 100}%`;
}

// ---- Pictures ---------------------------------------------------------------------------------

async function load(source) {
    const image = await createImageBitmap(await (await fetch(source)).blob());
    place(image);
}

async function upload(picture) {
    if (!picture || pen) return;
    let image = null;
    // Decoded, turned upright and made small here: what leaves the browser is a drawing's size.
    try { image = await createImageBitmap(picture); } catch { /* Not a picture: told below. */ }
    if (image) place(image);
    else problem.textContent = text("unreadable");
}

function place(image) {
    remember();
    wipe();
    const scale = Math.min(canvas.width / image.width, canvas.height / image.height);
    const [w, h] = [image.width * scale, image.height * scale];
    context.imageSmoothingQuality = "high";
    context.drawImage(image, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
    send();
}

canvas.addEventListener("dragover", (event) => event.preventDefault());
canvas.addEventListener("drop", (event) => { event.preventDefault(); upload(event.dataTransfer.files[0]); });

watch("value", () => {
    if (props.value?.palette) {
        prepare(props.value);
        send();
    }
});
if (props.value?.palette) prepare(props.value);
