// Draw sketches with a TensorFlow.js graph model, as a browser without a GPU does (wasm).
//
//   node check.cjs MODEL_FOLDER SKETCHES PHOTOS
//
// SKETCHES: uint8 [N, S, S, 3], raw; PHOTOS, written: float32 [N, S, S, 3], raw, little-endian.
// Prints {"milliseconds": [one a sketch], "threads": n} as the last line of stdout.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const tf = require("@tensorflow/tfjs-core");
const wasm = require("@tensorflow/tfjs-backend-wasm");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");

// Node's fetch does not read files, so the shards are joined here.
function fromFolder(folder) {
  return {
    async load() {
      const model = JSON.parse(fs.readFileSync(path.join(folder, "model.json"), "utf8"));
      const shards = model.weightsManifest.flatMap((group) => group.paths);
      const bytes = Buffer.concat(shards.map((shard) => fs.readFileSync(path.join(folder, shard))));
      return {
        ...model,
        weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
        weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      };
    },
  };
}

async function main(folder, sketchesFile, photosFile) {
  await tf.setBackend("wasm");
  const model = await loadGraphModel(fromFolder(folder));
  const { name, shape } = model.inputs[0];
  const length = shape.reduce((product, side) => product * side, 1);
  const sketches = fs.readFileSync(sketchesFile);
  if (!(length > 0) || sketches.length % length) {
    throw new Error(`sketches of ${sketches.length} bytes do not fit an input of [${shape}]`);
  }

  async function draw(start) {
    const pixels = Float32Array.from(sketches.subarray(start, start + length));
    const sketch = tf.tensor(pixels, shape);
    const photo = model.execute({ [name]: sketch });
    const values = await photo.data();
    tf.dispose([sketch, photo]);
    return values;
  }

  await draw(0); // compiling and the first allocation are not what a second stroke waits for
  const milliseconds = [];
  const out = fs.openSync(photosFile, "w");
  for (let start = 0; start < sketches.length; start += length) {
    const begin = performance.now();
    const values = await draw(start);
    milliseconds.push(performance.now() - begin);
    fs.writeSync(out, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  fs.closeSync(out);
  console.log(JSON.stringify({ milliseconds, threads: Math.max(1, wasm.getThreadsCount()) }));
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
