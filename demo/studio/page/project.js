// One project: its name, the way from photos to a model in four steps, and the step that is shown.

import { make } from "../pad/dom.js";
import { makeDrawings } from "./drawings.js";
import { makeDraw } from "./draw.js";
import { point, say, show } from "./keep.js";
import { makePhotos } from "./photos.js";
import { makeTaking } from "./taking.js";
import { makeTraining } from "./training.js";
import { text } from "./words.js";

const STEPS = { photos: makePhotos, drawings: makeDrawings, training: makeTraining, taking: makeTaking };
const VIEWS = { ...STEPS, draw: makeDraw };

export function makeProject(store, id, first) {
    const name = make("h2", {});
    const links = new Map(Object.keys(STEPS).map((step, index) => [step,
        make("a", { href: `#/${id}/${step}` }, make("span", { class: "count", "aria-hidden": "true" }, String(index + 1)), make("span", {}, text(`step_${step}`)))]));
    const steps = make("nav", { class: "steps", "aria-label": text("steps") }, ...links.values());
    const place = make("div", { class: "step" });
    const element = make("article", { class: "project" }, name, steps, place);
    let shown = null, view = null;
    if (first) go(first);

    function go(step) {
        const next = Object.hasOwn(VIEWS, step) ? step : "photos";
        if (next === shown) return;
        view?.close?.();
        shown = next;
        view = VIEWS[next](store, id);
        for (const [each, link] of links) {
            if (each === next) link.setAttribute("aria-current", "step");
            else link.removeAttribute("aria-current");
        }
        show(steps, next !== "draw");
        place.replaceChildren(view.element);
        const known = store.project?.id === id;
        show(place, known); // Nothing is to be pressed before it is known what there is.
        if (known) update(store.state, store.project);
    }

    function update(state, project) {
        if (!project) return;
        if (!view) return location.replace(`#/${id}/${project.training ? "training" : "photos"}`); // Where one left off.
        say(name, project.name);
        const done = { photos: project.photos.count > 0, drawings: Boolean(project.prepare), training: Boolean(project.model), taking: Boolean(project.bundle) };
        for (const [step, link] of links) point(link, "data-done", String(done[step]));
        view.update(state, project);
        show(place, true);
    }

    return {
        element,
        update,
        goes(other, step) {
            if (other !== id) return false;
            if (step) go(step);
            return true;
        },
        close: () => view?.close?.(),
    };
}
