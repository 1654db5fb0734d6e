// Build the page into dist/: index.html and the service worker, which has to lie beside it, and all
// else in page/. Scripts are bundled, WebAssembly lies beside them, nothing comes from elsewhere.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const OUT = "dist";
const PAGE = `${OUT}/page`;
const LITERT = "node_modules/@litertjs/core/wasm";
const TFJS = "node_modules/@tensorflow/tfjs-backend-wasm/dist";

await rm(OUT, { recursive: true, force: true });
await mkdir(`${PAGE}/wasm`, { recursive: true });

const common = { bundle: true, minify: true, target: ["es2022"], logLevel: "warning", legalComments: "linked" };
// Each a module of one file: other pages take the pad, or the engines, by its address alone.
await build({ ...common, entryPoints: ["src/garabato-pad.js", "../pad/engines.js"], outdir: PAGE, entryNames: "[name]", format: "esm", loader: { ".css": "text" } });
await build({ ...common, entryPoints: ["src/page.js"], outdir: PAGE, format: "esm", external: ["./garabato-pad.js"] });
// Workers of the old kind: LiteRT loads its runtime by importScripts, which modules do not have. And
// what is said where no module may be loaded.
await build({ ...common, entryPoints: ["src/litert-worker.js", "src/tfjs-worker.js", "src/unserved.js"], outdir: PAGE, format: "iife" });

// Many static hosts compress no WebAssembly: 9.4 MB would travel for 2.9.
for (const kind of ["", "_threaded", "_jspi", "_compat"]) {
    const name = `litert_wasm${kind}_internal`;
    await cp(`${LITERT}/${name}.js`, `${PAGE}/wasm/${name}.js`);
    await writeFile(`${PAGE}/wasm/${name}.wasm.gz`, gzipSync(await readFile(`${LITERT}/${name}.wasm`), { level: 9 }));
}
for (const kind of ["", "-simd", "-threaded-simd"])
    await cp(`${TFJS}/tfjs-backend-wasm${kind}.wasm`, `${PAGE}/wasm/tfjs-backend-wasm${kind}.wasm`);

await cp("static", PAGE, { recursive: true });
await cp("src/page.css", `${PAGE}/page.css`);
await cp("../pad/theme.css", `${PAGE}/theme.css`);
await cp("src/index.html", `${OUT}/index.html`);

// The service worker keeps the page's own files by their contents: another build, another name.
const shell = (await readdir(PAGE)).filter((name) => /\.(js|css|svg|png|webmanifest)$/.test(name) && !name.startsWith("tfjs")).sort();
const digest = createHash("sha256").update(await readFile(`${OUT}/index.html`));
for (const name of shell) digest.update(await readFile(`${PAGE}/${name}`));
await build({
    ...common, entryPoints: ["src/service-worker.js"], outdir: OUT, format: "iife",
    define: { SHELL: JSON.stringify(["./", ...shell.map((name) => `page/${name}`)]), BUILD: JSON.stringify(digest.digest("hex").slice(0, 12)) },
});
