// Step 4: taking it away. What it is called and who may use it, the files that were measured, and downloads.

import { make } from "../pad/dom.js";
import { post } from "./api.js";
import { bar, button, keep, problem, say, show } from "./keep.js";
import { OPEN, cancel, told } from "./line.js";
import { bytes, known, milliseconds, number, text } from "./words.js";

const LICENCES = ["CC BY 4.0", "CC BY-SA 4.0", "CC0 1.0", "MIT", "CC BY 2.0"];
const JOBS = ["export", "page"]; // The files, and then the page's zip.
const DOWNLOADS = ["page", "bundle", "space"];

export function makeTaking(store, id) {
    const trouble = problem();
    const field = (name, attributes) => make("input", { type: "text", name, maxlength: 200, autocomplete: "off", oninput: (event) => { event.target.dataset.touched = "yes"; }, ...attributes });
    const title = field("title", { required: "" });
    const licence = field("licence", { list: "licences" });
    const author = field("author", { autocomplete: "name" });
    const again = button(text("export"), trouble, async () => {
        if (!title.reportValidity()) return;
        await post(`projects/${id}/export`, { title: title.value.trim(), licence: licence.value.trim(), author: author.value.trim() });
        for (const input of [title, licence, author]) delete input.dataset.touched;
        await store.refresh();
    }, "primary");
    const form = make("div", { class: "panel" },
        labelled("card_title", title), labelled("card_licence", licence), labelled("card_author", author),
        make("datalist", { id: "licences" }, ...LICENCES.map((value) => make("option", { value }))),
        make("p", { class: "aside" }, text("card_why")), make("div", { class: "row" }, again));
    const progress = bar(text("job_export"));
    const end = make("span");
    const running = make("div", { class: "panel row" }, progress, end);

    const rows = make("tbody");
    const table = make("table", {}, make("thead", {}, make("tr", {},
        ...["file", "size", "speed", "likeness"].map((key) => make("th", { scope: "col", title: text(`column_${key}_field`) }, text(`column_${key}`))))), rows);
    const draw = make("a", { class: "primary", href: `#/${id}/draw`, target: "_blank", rel: "noopener" }, text("draw"));
    const downloads = make("ul", { class: "downloads" }, ...DOWNLOADS.map((kind) => make("li", {},
        make("a", { class: "tool", href: `api/projects/${id}/download/${kind}`, download: "" }, text(`download_${kind}`)),
        make("span", { class: "aside" }, text(`download_${kind}_why`)))));
    const done = make("div", {}, make("div", { class: "row" }, draw), make("h3", {}, text("downloads")), downloads,
        make("h3", {}, text("files")), make("div", { class: "scroll" }, table), make("p", { class: "aside" }, text("likeness_why")));
    const none = make("p", { class: "advice" }, text("no_model"), " ", make("a", { href: `#/${id}/training` }, text("step_training")));
    const element = make("section", { "aria-label": text("step_taking") }, none, running, trouble, done, form);
    let endOf = null;

    function labelled(key, input) {
        return make("label", { class: "field" }, make("span", {}, text(key)), input);
    }

    function update(state, project) {
        const { bundle, model, training, card, jobs, name } = project;
        const last = jobs.find(({ kind, state: each }) => JOBS.includes(kind) && each === "running") ?? jobs.find(({ kind }) => JOBS.includes(kind));
        const open = OPEN.includes(last?.state);
        fill(title, card.title || name);
        fill(licence, card.licence);
        fill(author, card.author);
        show(none, !model && !training && !bundle);
        show(form, !open && Boolean(model || training || bundle));
        show(running, open);
        say(again, text(bundle ? "export_again" : "export"));
        again.className = bundle ? "tool" : "primary"; // Then there is something to draw with.
        if (open) {
            progress.set(last.state === "waiting" ? 0 : last.share, told(last));
            if (endOf !== last.number) end.replaceChildren(cancel(last, trouble, store));
            endOf = last.number;
        }
        if (last?.state === "failed" || last?.state === "interrupted") say(trouble, last.why);
        else if (open) say(trouble, "");
        show(done, Boolean(bundle));
        keep(rows, bundle?.files ?? [], (file) => file.name, () => make("tr", {}, make("th", { scope: "row" }), make("td"), make("td"), make("td")), row);
    }

    return { element, update };
}

// What nobody has typed in is what the server says.
function fill(input, value) {
    if (!input.dataset.touched && document.activeElement !== input && input.value !== (value ?? "")) input.value = value ?? "";
}

function row(node, file) {
    const words = [known(`format_${file.format}`, file.format), bytes(file.bytes), file.milliseconds === null ? "–" : milliseconds(file.milliseconds), likeness(file.likeness)];
    for (const [index, cell] of [...node.children].entries()) say(cell, words[index]);
    node.firstElementChild.title = `${file.format}: ${file.name}`;
    node.lastElementChild.title = file.likeness === null ? "" : `PSNR ${number(file.likeness, 1)} dB`;
}

// Decibels as people say it.
function likeness(decibels) {
    if (decibels === null || decibels === undefined) return "–";
    const level = decibels >= 60 ? "same" : decibels >= 40 ? "hardly" : decibels >= 32 ? "slightly" : "seen";
    return text(`likeness_${level}`);
}
