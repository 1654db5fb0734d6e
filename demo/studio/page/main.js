// The studio's page: what is on top of every view, and which view is shown, by the address behind "#".
//
// #/ lists the projects, #/ID/STEP is a step of one. A view is { element, update(state, project), close() }.

import { language, make } from "../pad/dom.js";
import { makeLine } from "./line.js";
import { show, say } from "./keep.js";
import { makeProject } from "./project.js";
import { makeProjects } from "./projects.js";
import { Store } from "./store.js";
import { sentence, text } from "./words.js";

const heard = make("p", { class: "heard", role: "status" }); // What only a screen reader tells.
const lost = make("p", { class: "problem banner", role: "alert", hidden: "" });
const main = make("main");
const store = new Store(changed);
const line = makeLine(store, (words) => say(heard, words));
let view = null;

document.documentElement.lang = language();
document.title = text("title");
document.body.prepend(
    make("header", {}, make("h1", {}, make("a", { href: "#/" }, text("title"))), line.element, lost), main, heard);
// A file that is dropped beside its place is not opened instead of the page.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
addEventListener("hashchange", route);
route();

function route() {
    const [id, step, more] = decodeURIComponent(location.hash).replace(/^#\/?/, "").split("/");
    if (!view?.goes?.(id, step, more)) {
        view?.close?.();
        view = id ? makeProject(store, id, step) : makeProjects(store);
        main.replaceChildren(view.element);
        scrollTo(0, 0);
    }
    store.open(id || null);
}

function changed() {
    const { error, state, project } = store;
    show(lost, Boolean(error));
    if (error?.status === 404) return gone(error);
    if (error) return say(lost, sentence(error));
    line.update(state);
    view.update(state, project);
}

function gone(error) { // Removed by another browser, perhaps.
    location.hash = "#/";
    say(heard, sentence(error));
}
