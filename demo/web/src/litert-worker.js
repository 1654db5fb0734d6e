// LiteRT.js: the .tflite file that Python and phones run, on WebAssembly or WebGPU.

import { loadAndCompile, loadLiteRt, supportsFeature, Tensor } from "@litertjs/core";
import { fetchBytes, fetchModel, serve } from "./serve.js";

serve(async (options) => {
    const runtime = await runtimeName(options);
    const script = `${options.wasm}${runtime}.js`;
    const [model, wasmBinary] = await Promise.all([fetchModel(options), fetchBytes(`${options.wasm}${runtime}.wasm.gz`)]);
    // Where Emscripten's module looks for its binary, and its threads for the script they run.
    const own = new URL(script).origin === self.origin;
    const threads = own ? script : new Blob([`importScripts(${JSON.stringify(script)})`], { type: "text/javascript" });
    self.Module = { wasmBinary, mainScriptUrlOrBlob: threads, printErr: report };
    await loadLiteRt(script);
    const accelerator = options.webgpu ? "webgpu" : "wasm";
    const compiled = await loadAndCompile(model, { accelerator });
    const details = compiled.getInputDetails();
    return {
        numbers: details[0].dtype === "uint8" ? Uint8Array : Float32Array,
        run: async (inputs) => {
            // What takes a drawing alone may call it whatever it likes.
            const values = details.length > 1 ? details.map(({ name }) => inputs[name]) : Object.values(inputs);
            const tensors = details.map(({ shape }, index) => new Tensor(values[index], [...shape]));
            let output = null;
            try {
                [output] = await compiled.run(options.webgpu ? await Promise.all(tensors.map((tensor) => tensor.copyTo("webgpu"))) : tensors);
                return await output.data();
            } finally { // Their memory is not JavaScript's to collect.
                for (const tensor of tensors) tensor.delete();
                output?.delete();
            }
        },
    };
});

async function runtimeName({ threads, webgpu }) {
    if (!(await supportsFeature("relaxedSimd"))) return "litert_wasm_compat_internal";
    if (threads) return "litert_wasm_threaded_internal";
    // Without JSPI one operation that WebGPU lacks sends the whole model to WebAssembly.
    if (webgpu && (await supportsFeature("jspi"))) return "litert_wasm_jspi_internal";
    return "litert_wasm_internal";
}

function report(line) { // It tells all that it does, as errors.
    if (/^(ERROR|FATAL)/.test(line)) console.error(line);
}
