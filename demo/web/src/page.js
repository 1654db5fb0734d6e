// The page that needs no server: a heading, and a pad for each model that `models.json` names.

import { language, make, speak } from "../../pad/dom.js";
import TEXTS from "../../texts.json";
import "./garabato-pad.js";
import { isolate } from "./isolate.js";

const BASE = new URL("./", document.baseURI);
const text = speak(TEXTS);

// The name of the folder at `path`: "flowers" of "flowers/" and of "bundles/flowers/".
const nameOf = (path) => path.replace(/\/$/, "").split("/").pop();

// What a visitor calls a model of this name.
function called(name) {
    const known = text(`model_${name}`);
    return known === `model_${name}` ? name : known;
}

// Of several models the one that the address names after its # is shown; the others keep their drawings.
function choose(links, pads) {
    const place = Math.max(0, links.findIndex(({ hash }) => hash === location.hash));
    for (const [index, pad] of pads.entries()) {
        pad.hidden = index !== place;
        if (index === place) {
            links[index].setAttribute("aria-current", "page");
            pad.setAttribute("src", pad.dataset.card); // What nobody looks at asks for nothing.
        } else links[index].removeAttribute("aria-current");
    }
}

// A page of one model is called as that is. Of a card that cannot be read its pad tells.
async function entitle(heading, place) {
    const { title } = await fetch(place).then((answer) => answer.json()).catch(() => ({}));
    if (typeof title === "string" && title) heading.textContent = document.title = title;
}

async function main() {
    document.documentElement.lang = language();
    const place = document.querySelector("main");
    const heading = make("h1", {}, "Garabato");
    place.append(heading);
    if (await isolate()) return; // The page is about to load once more, with threads allowed.
    const models = await (await fetch(new URL("models.json", BASE))).json();
    const links = models.map((path) => make("a", { href: `#${nameOf(path)}` }, called(nameOf(path))));
    const pads = models.map((path) => make("garabato-pad", { "data-card": new URL("card.json", new URL(path, BASE)).href }));
    if (models.length === 1) entitle(heading, pads[0].dataset.card);
    if (models.length > 1) place.append(make("nav", { "aria-label": text("models") }, ...links));
    place.append(...pads);
    addEventListener("hashchange", () => choose(links, pads));
    choose(links, pads);
}

main();
