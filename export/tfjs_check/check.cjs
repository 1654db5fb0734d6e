// Draw with a TensorFlow.js graph model, as a browser without a GPU does (wasm).
//
//   node check.cjs MODEL_FOLDER FOLDER INPUT...
//
// FOLDER/INPUT: all values of that input, [N, ...], raw and little-endian: float32, or int32 where
// the model takes that. FOLDER/photos, written: float32 [N, S, S, 3], likewise.
// Prints {"milliseconds": [one a picture], "threads": n, "shape": [S, S, 3]} last on stdout.
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

async function main(modelFolder, folder, ...names) {
  await tf.setBackend("wasm");
  const model = await loadGraphModel(fromFolder(modelFolder));
  const inputs = names.map((name) => {
    const input = model.inputs.find((each) => each.name.split(":")[0] === name);
    const bytes = fs.readFileSync(path.join(folder, name));
    const Values = input.dtype === "int32" ? Int32Array : Float32Array;
    const values = new Values(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const length = input.shape.reduce((product, side) => product * side, 1);
    if (!(length > 0) || values.length % length) {
      throw new Error(`${values.length} values of ${name} do not fit an input of [${input.shape}]`);
    }
    return { ...input, values, length };
  });

  async function draw(row) {
    const given = inputs.map(({ values, length, shape, dtype }) =>
      tf.tensor(values.subarray(row * length, (row + 1) * length), shape, dtype));
    const photo = model.execute(Object.fromEntries(inputs.map(({ name }, i) => [name, given[i]])));
    const drawn = { values: await photo.data(), shape: photo.shape.slice(1) };
    tf.dispose([...given, photo]);
    return drawn;
  }

  const { shape } = await draw(0); // compiling and the first allocation are not what a second stroke waits for
  const milliseconds = [];
  const out = fs.openSync(path.join(folder, "photos"), "w");
  for (let row = 0; row < inputs[0].values.length / inputs[0].length; row++) {
    const begin = performance.now();
    const { values } = await draw(row);
    milliseconds.push(performance.now() - begin);
    fs.writeSync(out, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  fs.closeSync(out);
  console.log(JSON.stringify({ milliseconds, threads: Math.max(1, wasm.getThreadsCount()), shape }));
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
