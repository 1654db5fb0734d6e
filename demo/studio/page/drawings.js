// Step 2: drawings. The sketches that would be made of six of the photos, a card for each way to draw them; or pairs.

import { make } from "../pad/dom.js";
import { post, put } from "./api.js";
import { attempt, choices, point, problem, say, show, take } from "./keep.js";
import { Sheets } from "./sheets.js";
import { text } from "./words.js";

const STYLES = ["mixed", "outline", "blobs"];
const BACKGROUNDS = ["black", "white", "studio"];
const PLANTS = ["auto", "yes", "no"];

export function makeDrawings(store, id) {
    const trouble = problem();
    const sheets = new Sheets(store, id);
    const styles = choices("style", text("style"), STYLES.map((style) => [style, ...card(`style_${style}`)]), (style) => choose({ style }));
    const backgrounds = choices("background", text("background"), BACKGROUNDS.map((each) => [each, ...card(`background_${each}`)]), (background) => choose({ background }));
    const plants = make("select", { onchange: () => choose({ plants: plants.value }) },
        ...PLANTS.map((each) => make("option", { value: each }, text(`plants_${each}`))));
    const cutOut = make("details", { ontoggle: () => { if (store.project) update(store.state, store.project); } },
        make("summary", {}, text("cut_out")), make("p", { class: "aside" }, text("cut_out_why")), backgrounds);
    const made = make("div", {}, make("p", { class: "aside" }, text("sketches_why")), styles,
        make("label", { class: "field" }, make("span", {}, text("plants")), plants), cutOut);
    const pairs = make("input", { type: "checkbox", onchange: () => attempt(pairs, trouble, async () => {
        await post(`projects/${id}/pairs`, { pairs: pairs.checked });
        await store.refresh();
    }) });
    const given = make("p", { class: "advice" }, text("pairs_how"), " ", make("a", { href: `#/${id}/photos` }, text("step_photos")));
    const sheet = make("img", { class: "sheet", alt: text("pairs_sheet") });
    const first = make("p", { class: "advice" }, text("photos_first"), " ", make("a", { href: `#/${id}/photos` }, text("step_photos")));
    const next = make("a", { class: "primary", href: `#/${id}/training` }, text("on_to_training"));
    const element = make("section", { "aria-label": text("step_drawings") },
        trouble, first, made, make("label", { class: "tick" }, pairs, make("span", {}, text("pairs"))), given, sheet, make("div", { class: "onward" }, next));
    let saving = 0; // What was chosen and the server does not know yet is not undone by its last answer.

    function card(key) {
        return [make("span", { class: "title" }, text(key)), make("span", { class: "aside" }, text(`${key}_why`)),
            make("span", { class: "sheet-place" }, make("img", { class: "sheet", alt: text("sketches_alt"), hidden: "" }), make("span", { class: "drawn", role: "status" }))];
    }

    function choose(what) {
        saving += 1;
        return attempt({}, trouble, async () => {
            try {
                const { style, background, plants, size } = { ...store.project.choice, ...what };
                store.project.choice = { style, background, plants, size };
                await put(`projects/${id}/choice`, { style, background, plants, size });
            } finally {
                saving -= 1;
                await store.refresh();
            }
        });
    }

    function update(state, project) {
        const { choice, photos, data } = project;
        const some = photos.count > 0;
        if (pairs.ariaBusy !== "true") pairs.checked = project.pairs;
        show(first, !some && !project.pairs);
        show(made, some && !project.pairs);
        show(given, project.pairs);
        show(sheet, project.pairs && Boolean(data?.sheet));
        if (project.pairs && data?.sheet) point(sheet, "src", data.sheet);
        show(next, some);
        if (!some || project.pairs) return;
        if (!saving) {
            take(styles, choice.style);
            take(backgrounds, choice.background);
            if (document.activeElement !== plants) plants.value = choice.plants;
        }
        const others = (key, values) => values.filter((each) => each !== choice[key]).map((each) => ({ ...choice, [key]: each }));
        sheets.want([choice, ...others("style", STYLES), ...(cutOut.open ? others("background", BACKGROUNDS) : [])], project.sketches);
        picture(styles, "style", project);
        picture(backgrounds, "background", project);
    }

    function picture(fieldset, key, { choice, sketches }) {
        for (const input of fieldset.querySelectorAll("input")) {
            const found = sheets.find({ ...choice, [key]: input.value }, sketches);
            const [image, words] = input.parentNode.querySelector(".sheet-place").children;
            if (found.sheet) point(image, "src", found.sheet);
            show(image, Boolean(found.sheet));
            show(words, !found.sheet);
            say(words, found.why || text(found.making ? "being_drawn" : "to_be_drawn"));
        }
    }

    return { element, update };
}
