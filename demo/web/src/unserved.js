// Opened by double click the page may load no modules, which the rest is made of: say what to do
// instead of staying white. This script is a classic one, and does nothing where the page is served.

import { language, make, speak } from "../../pad/dom.js";
import TEXTS from "../../texts.json";

if (location.protocol === "file:") {
    addEventListener("DOMContentLoaded", () => {
        document.documentElement.lang = language();
        const text = speak(TEXTS);
        document.querySelector("main").append(
            make("h1", {}, "Garabato"),
            make("p", {}, text("unserved")),
            make("pre", {}, "python3 -m http.server --bind 127.0.0.1"),
            make("a", { href: "http://127.0.0.1:8000/" }, "http://127.0.0.1:8000/"),
        );
    });
}
