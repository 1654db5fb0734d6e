// The page that needs no server: a heading and the studio of the bundle that it lies in.

import { make, speak } from "../../pad/dom.js";
import { makeStudio } from "../../pad/studio.js";
import TEXTS from "../../texts.json";
import { isolate } from "./isolate.js";

const BASE = new URL("./", document.baseURI);

async function main() {
    const studio = make("div", { class: "studio" });
    document.querySelector("main").append(make("h1", {}, "Garabato"), studio);
    if (await isolate()) return; // The page is about to load once more, with threads allowed.
    await makeStudio(studio, BASE, speak(TEXTS), { engines: new URL("page/", BASE), pictures: null, browser: true });
}

main();
