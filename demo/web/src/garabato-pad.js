// <garabato-pad src="https://.../card.json">: the canvas and its live picture, in any page, by one script.
//
// `src` is the card of a bundle; its files, and the folder that this script lies in with the workers and
// their WebAssembly, may be on another host, which then has to send Access-Control-Allow-Origin. What
// happens is told by events that bubble: `garabato-engine` { kind } when a model runs,
// `garabato-picture` { kind, milliseconds } for each picture, `garabato-problem` { message }. Where `src` becomes
// the card of a model that takes the same, the drawing stays, and the new model answers it. Its language
// is that of the page (`lang`), Spanish or else English. Its colours are the variables of theme.css, its
// parts `pad` or `latent` (the controls), `picture`, `status` and `tagline`.

import { language, make, speak } from "../../pad/dom.js";
import padCss from "../../pad/pad.css";
import studioCss from "../../pad/studio.css";
import { makeStudio } from "../../pad/studio.js";
import themeCss from "../../pad/theme.css";
import TEXTS from "../../texts.json";

const OURS = `
    :host { display: block; color: var(--body-text-color); font: 16px/1.5 system-ui, sans-serif; }
    :host([hidden]) { display: none; }
    * { box-sizing: border-box; }`;
const ENGINES = new URL("./", import.meta.url);

export class GarabatoPad extends HTMLElement {
    static observedAttributes = ["src"];
    #studio = null; // A promise of what `makeStudio` gives,
    #running = null; // and the thing itself, when it is there.

    connectedCallback() {
        if (!this.shadowRoot) this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet()];
        this.#begin();
    }

    disconnectedCallback() { this.#end(); }

    attributeChangedCallback(_, before, now) {
        if (before !== now && this.isConnected && this.shadowRoot) this.#change(now);
    }

    // The picture that is shown, a PNG file.
    async picture() { return (await this.#studio).file(); }

    async #change(now) {
        const studio = this.#studio;
        if (this.#running && now) {
            const renewed = await this.#running.renew(new URL(now, document.baseURI));
            if (renewed || studio !== this.#studio || now !== this.getAttribute("src")) return;
        }
        this.#end();
        this.#begin();
    }

    #begin() {
        const source = this.getAttribute("src");
        if (this.#studio || !source) return;
        const element = make("div", { class: "studio", lang: language(this.#language) });
        this.shadowRoot.replaceChildren(make("div", { class: "frame" }, element));
        this.#studio = makeStudio(element, new URL(source, document.baseURI), speak(TEXTS, this.#language),
            { engines: ENGINES, pictures: null, browser: true },
            (name, detail) => { if (element.isConnected) this.#tell(name, detail); });
        const begun = this.#studio;
        begun.then((studio) => { if (begun === this.#studio) this.#running = studio; });
    }

    async #end() {
        const studio = this.#studio;
        this.#studio = this.#running = null;
        (await studio)?.close();
    }

    #tell(name, detail) {
        this.dispatchEvent(new CustomEvent(`garabato-${name}`, { detail, bubbles: true, composed: true }));
    }

    get #language() { return this.closest("[lang]")?.lang || navigator.language; }
}

function sheet() {
    const made = new CSSStyleSheet();
    made.replaceSync([themeCss, OURS, padCss, studioCss].join("\n"));
    return made;
}

customElements.define("garabato-pad", GarabatoPad);
