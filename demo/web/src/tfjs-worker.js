// TensorFlow.js: the graph model, on WebGPU, WebGL or WebAssembly.

import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { ready, setBackend, tensor, tidy } from "@tensorflow/tfjs-core";
import { serve } from "./serve.js";

const BACKENDS = {
    webgpu: () => import("@tensorflow/tfjs-backend-webgpu"),
    webgl: () => import("@tensorflow/tfjs-backend-webgl"),
    wasm: () => import("@tensorflow/tfjs-backend-wasm"),
};

serve(async ({ backend, model, wasm }) => {
    const { setWasmPaths } = await BACKENDS[backend]();
    setWasmPaths?.(wasm);
    if (!(await setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} here`);
    await ready();
    const graph = await loadGraphModel(`${model}/model.json`, {
        onProgress: (share) => self.postMessage({ progress: { loaded: share, total: 1 } }),
    });
    return {
        numbers: Float32Array,
        run: async (inputs) => {
            const photo = tidy(() => graph.execute(Object.fromEntries(
                graph.inputs.map(({ name, shape, dtype }) => [name, tensor(inputs[name.split(":")[0]], shape, dtype)]))));
            const output = await photo.data();
            photo.dispose();
            return output;
        },
    };
});
