// Step 1: photos. They are dropped, chosen, taken with a phone, or named as a folder of the studio's own machine.

import { make } from "../pad/dom.js";
import { post } from "./api.js";
import { gather } from "./gather.js";
import { attempt, bar, button, keep, problem, say, show } from "./keep.js";
import { uploadsOf } from "./uploads.js";
import { makeWall } from "./wall.js";
import { duration, known, number, text } from "./words.js";

// With fewer photos than these: what to expect of them.
const EXPECT = [[1, "none"], [20, "hardly"], [100, "few"], [300, "some"], [1000, "good"], [Infinity, "many"]];

export function makePhotos(store, id) {
    const trouble = problem();
    const uploads = uploadsOf(id);
    const count = make("p", { class: "count-line", role: "status" });
    const advice = make("p", { class: "advice" });
    const progress = bar(text("sending"));
    const stop = make("button", { type: "button", class: "tool", onclick: () => uploads.cancel() }, text("cancel"));
    const sendingRow = make("div", { class: "sending", hidden: "" }, progress, stop);
    const left = make("ul", { class: "left-out" });
    const leftOut = make("details", { hidden: "" }, make("summary", {}), left);
    const wall = makeWall(store, id, trouble);
    const next = make("a", { class: "primary", href: `#/${id}/drawings` }, text("on_to_drawings"));
    const missing = make("p", { class: "advice problem", role: "status", hidden: "" });
    const folder = named();
    const drop = make("div", { class: "drop" },
        make("p", { class: "large" }, text("drop")),
        make("div", { class: "row" },
            chooser(text("choose_photos"), { multiple: "", accept: "image/*" }, "primary"),
            "webkitdirectory" in HTMLInputElement.prototype && !matchMedia("(pointer: coarse)").matches
                ? chooser(text("choose_folder"), { webkitdirectory: "" }) : "",
            chooser(text("choose_zip"), { accept: ".zip,application/zip" })));
    const element = make("section", { "aria-label": text("step_photos") },
        drop, folder.element, sendingRow, trouble, missing, count, advice, leftOut, wall.element, make("div", { class: "onward" }, next));
    let shown = null;

    uploads.onchange = sending;
    sending();
    drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    element.addEventListener("drop", (event) => {
        event.preventDefault();
        drop.classList.remove("over");
        take(event.dataTransfer);
    });

    function chooser(words, attributes, kind = "tool") {
        const input = make("input", { type: "file", ...attributes, "aria-label": words, onchange: async () => {
            await take([...input.files]);
            input.value = "";
        } });
        return make("label", { class: `${kind} file` }, words, input);
    }

    // A folder of the machine that the studio runs on, which only who sits there may name.
    function named() {
        const input = make("input", { type: "text", "aria-label": text("folder_path"), placeholder: text("folder_example"), spellcheck: "false" });
        const use = button(text("use_folder"), trouble, async () => {
            await post(`projects/${id}/folder`, { path: input.value.trim() });
            input.value = "";
            await store.refresh();
        });
        input.addEventListener("keydown", (event) => { if (event.key === "Enter") use.click(); });
        const used = make("p", { class: "aside" });
        const unused = make("p", { class: "aside" });
        const back = make("div", { class: "row", hidden: "" }, unused, button(text("put_back"), trouble, async () => {
            await post(`projects/${id}/put-back`);
            await store.refresh();
        }));
        const details = make("details", { class: "folder", hidden: "" }, make("summary", {}, text("folder")), make("div", { class: "row" }, input, use), used);
        return { element: make("div", {}, details, back), details, used, unused, back };
    }

    function take(source) {
        return attempt(drop, trouble, async () => {
            const files = await gather(source, (n) => say(count, text("found", { n: number(n) })));
            // Each answer is in the next state: it need not wait for the last of a thousand files.
            const asking = setInterval(() => store.refresh(), 1000);
            try {
                await uploads.add(files);
            } finally {
                clearInterval(asking);
                await store.refresh();
            }
        });
    }

    function sending() {
        show(sendingRow, uploads.running);
        if (!uploads.running) return;
        const words = text("sent", { n: number(uploads.done), total: number(uploads.files) });
        progress.set(uploads.share, uploads.left === null ? words : `${words}, ${text("left", { time: duration(uploads.left) })}`);
    }

    function update(state, { photos, folder: path, taken_out: out, near_duplicates: near, pairs }) {
        show(folder.details, state.local);
        show(folder.back, out > 0);
        say(folder.unused, text(out === 1 ? "taken_out_one" : "taken_out", { n: number(out) }));
        say(folder.used, path ? text("folder_used", { path }) : "");
        show(missing, Boolean(photos.problem));
        say(missing, photos.problem ?? "");
        if (shown !== photos.count) say(count, text(photos.count === 1 ? "photo" : "photos", { n: number(photos.count) }));
        shown = photos.count;
        const [, expected] = EXPECT.find(([below]) => photos.count < below);
        say(advice, text(`expect_${expected}`));
        const all = photos.left_out.reduce((sum, each) => sum + each.count, 0);
        show(leftOut, all > 0);
        say(leftOut.firstElementChild, text("left_out", { n: number(all) }));
        keep(left, photos.left_out, ({ kind }) => kind, () => make("li"), (node, each) =>
            say(node, `${number(each.count)} × ${known(`kind_${each.kind}`, each.kind)}`));
        wall.update(photos, near);
        show(next, photos.count > 0 || pairs);
    }

    return { element, update };
}
