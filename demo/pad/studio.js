// The studio: controls on one side, the picture that follows them on the other. The page that needs no
// server and each tab of the sketchpad are made of it.

import { make, saveFile, tool } from "./dom.js";
import { drawings } from "./drawings.js";
import { latents } from "./latents.js";
import { label, Live } from "./live.js";
import { SERVER } from "./server.js";
import { shapesOf, sidesOf } from "./sizes.js";

const TASKS = { "image-to-image": drawings, "label-to-image": latents, "noise-to-image": latents };
const CRISP = 128; // Pictures of fewer pixels a side are enlarged as squares, not blurred.
const LATE = 250; // ms that an answer may take before something is said.

// Fills `element` for the bundle whose card is at the URL `place`; `text` is what `speak` gives. `places` says where
// pictures can be made: `engines` is the URL of the workers' folder, `pictures` the server's URL, either
// may be null; with `browser` engines come first. What happens is told to `ontold(name, detail)`, as
// `garabato-pad.js` names it. Resolves when a picture can be made, or cannot, to { file(), renew(place), close() }.
export async function makeStudio(element, place, text, places, ontold = () => {}) {
    const tagline = make("p", { class: "tagline", part: "tagline" });
    const view = make("canvas", { class: "view", role: "img", "aria-label": text("picture") });
    const status = make("p", { class: "status", part: "status", role: "status" });
    const bar = make("progress", { class: "loading", max: 1, hidden: "", "aria-label": text("loading") });
    const chooser = make("select", { "aria-label": text("engine"), onchange: () => choose(chooser.value) });
    const download = tool("download", text("download"), async () => saveFile(await live.file()));
    const share = tool("share", text("share"), send);
    const mine = make("button", { type: "button", class: "tool", hidden: "", onclick: () => live.start(true) }, text("mine"));
    const picture = make("section", { class: "picture", part: "picture", "aria-label": text("picture") },
        make("div", { class: "paper" }, view, bar),
        make("div", { class: "tools" }, download, share, mine),
        status,
        make("label", { class: "engine" }, make("span", {}, text("engine")), chooser));
    let live = null;
    let renewing = 0;
    download.disabled = share.disabled = true;
    share.hidden = !navigator.canShare?.({ files: [new File([], "a.png", { type: "image/png" })] });
    element.append(tagline, picture);

    const told = {
        loading(share) {
            bar.hidden = share === null;
            bar.value = share ?? 1;
        },
        engine(kind) {
            chooser.value = kind;
            element.dataset.engine = kind;
            mine.hidden = true;
            ontold("engine", { kind });
        },
        picture() {
            const { kind, milliseconds, delay } = live.engine;
            download.disabled = share.disabled = false;
            status.classList.remove("problem");
            status.textContent = text("took", { name: label(kind, text), milliseconds: milliseconds.toFixed(milliseconds < 10 ? 1 : 0) });
            if (delay > LATE) crowded(delay);
            ontold("picture", { kind, milliseconds });
        },
        blank() {
            download.disabled = share.disabled = true;
            status.textContent = text(element.querySelector(".examples button") ? "blank" : "here");
        },
        problem(error) {
            status.textContent = error.passing ? text("lost") : text("failed", { reason: error.message });
            status.classList.add("problem");
            ontold("problem", { message: status.textContent });
        },
    };

    function crowded(delay) {
        status.textContent = text("busy", { seconds: (delay / 1000).toFixed(1) });
        const can = live.kinds.some((kind) => !kind.startsWith(SERVER));
        if (can && places.browser) live.start(true);
        else mine.hidden = !can;
    }

    function choose(kind) {
        status.textContent = text("loading");
        return live.choose(kind);
    }

    // All canvases have the shape of what is drawn.
    function fit() {
        const [width, height] = sidesOf(live.card);
        element.classList.toggle("crisp", Math.min(width, height) < CRISP);
        element.style.setProperty("--shape", width / height);
    }

    function offer() { // The engines that there are.
        chooser.replaceChildren(...live.kinds.map((kind) => make("option", { value: kind }, label(kind, text))));
    }

    async function reshape(cards) {
        status.textContent = text("loading");
        const opened = live.reshape(cards, offer);
        fit();
        await opened;
    }

    // Draw with the model of the card at `next`, on the canvas as it is; false where that model takes something else.
    async function renew(next) {
        const turn = ++renewing;
        try {
            const card = await cardAt(next);
            if (turn !== renewing) return true; // A newer one is asked for.
            const shapes = shapesOf(card);
            if (!live || shapes.length > 1 || takes(card) !== takes(live.card)) return false;
            await live.renew(new URL("./", next), shapes[0]);
        } catch (error) { // What is there goes on.
            told.problem(error);
        }
        return true;
    }

    async function send() {
        try {
            await navigator.share({ files: [await live.file()], title: "Garabato" });
        } catch (error) {
            if (error.name !== "AbortError") told.problem(error); // Who closes the sheet has changed their mind.
        }
    }

    try {
        const card = await cardAt(place);
        const shapes = shapesOf(card);
        live = new Live(view, (each) => task.source(each), new URL("./", place), shapes[0], places, told);
        const task = TASKS[card.task](live, text, { shapes, reshape, tell: (words) => { status.textContent = words; } });
        tagline.textContent = task.tagline;
        picture.before(task.controls);
        picture.after(...task.below);
        fit();
        await live.look();
        offer();
        await live.start(places.browser);
    } catch (error) {
        told.problem(error);
    }
    return { file: () => live?.file(), renew, close: () => live?.close() };
}

async function cardAt(place) {
    const response = await fetch(place);
    const name = place.pathname.split("/").pop();
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    const card = await response.json();
    if (!Object.hasOwn(TASKS, card.task)) throw new Error(`${name}: ${card.task}`);
    return card;
}

// What two models have in common where one may take the other's place.
function takes({ task, size, inputs, canvas, look, labels }) {
    return JSON.stringify([task, size, inputs, canvas?.background, look, labels]);
}
