// Opens a page in Firefox, draws a stroke, and answers what the test asks of it, as JSON; then another
// page, which has the pad of the first one in it, and waits for a picture there.
// node drive.js FIREFOX ADDRESS OTHER < {"kind": engine, "size": S, "drawings": base64 of RGBA, "screenshot": path}

import { text } from "node:stream/consumers";
import puppeteer from "puppeteer-core";

const [firefox, address, other] = process.argv.slice(2);
const { kind, size, drawings, screenshot } = JSON.parse(await text(process.stdin));
const browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, headless: true });
try {
    const said = [];
    const page = await open(address);
    await page.screenshot({ path: screenshot, fullPage: true });
    const drawn = await page.evaluate(async (kind, size, all) => {
        const { openEngine } = await import(new URL("page/engines.js", document.baseURI).href);
        const card = await (await fetch("card.json")).json();
        const engine = await openEngine(kind, new URL("./", document.baseURI), card, { engines: new URL("page/", document.baseURI) });
        const bytes = Uint8ClampedArray.from(atob(all), (c) => c.charCodeAt(0));
        const length = size * size * 4;
        let answer = "";
        for (let from = 0; from < bytes.length; from += length)
            for (const byte of await engine.generate({ sketch: bytes.slice(from, from + length) })) answer += String.fromCharCode(byte);
        engine.close();
        return btoa(answer);
    }, kind, size, drawings);
    const engine = await page.evaluate(() => document.querySelector("garabato-pad").shadowRoot.querySelector(".studio").dataset.engine);
    const isolated = await page.evaluate(() => crossOriginIsolated);
    const embedding = await open(other);
    const embedded = await embedding.evaluate(() => document.querySelector("garabato-pad").shadowRoot.querySelector(".studio").dataset.engine);
    console.log(JSON.stringify({ engine, embedded, isolated, said, drawn, version: await browser.version() }));

    async function open(place) { // And draw a stroke, which the picture has to follow.
        const opened = await browser.newPage();
        opened.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
        opened.on("pageerror", (error) => said.push(`error: ${error.message}`));
        await opened.setViewport({ width: 1280, height: 860 });
        await opened.goto(place);
        const wait = { timeout: 120_000, polling: 200 }; // What happens in a shadow is no mutation of the page.
        await opened.waitForFunction(() => document.querySelector("garabato-pad")?.shadowRoot?.querySelector(".studio").dataset.engine, wait);
        const box = await (await opened.$("garabato-pad >>> .pad canvas")).boundingBox();
        const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
        await opened.mouse.move(...at(0.2, 0.5));
        await opened.mouse.down();
        await opened.mouse.move(...at(0.5, 0.5), { steps: 4 });
        await opened.waitForFunction(() => +document.querySelector("garabato-pad").shadowRoot.querySelector(".view").dataset.painted > 0, wait);
        await opened.mouse.move(...at(0.8, 0.5), { steps: 4 });
        await opened.mouse.up();
        return opened;
    }
} finally {
    await browser.close();
}
