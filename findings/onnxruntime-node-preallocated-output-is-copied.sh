#!/usr/bin/env bash
# onnxruntime-node 1.30.0: a preallocated output is filled, and the result is another tensor with a copy of it.
#
# `run(feeds, fetches)` takes tensors for the outputs, so that a loop over batches can write into one buffer. The buffer is written to; but
# `run` resolves to a tensor of its own, whose data is a new array of the same numbers. Who reads the result, as the examples do, allocates and
# copies as before; who wants neither must read the tensor that was passed in.
#
# Seen:
#   passed in: -1,-2,-3,-4   result: -1,-2,-3,-4   same tensor: false   same buffer: false
#   after writing 7 into the result, passed in: -1,-2,-3,-4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-save --ignore-scripts onnxruntime-node@1.30.0
cat >run.cjs <<'JS'
const ort = require('onnxruntime-node');
// onnx.helper: x float32 [b, 4] → Neg → z.
const model = Buffer.from(
  'CAk6PAoLCgF4EgF6IgNOZWcSAWdaFAoBeBIPCg0IARIJCgMSAWIKAggEYhQKAXoSDwoNCAESCQoDEgFiCgIIBEIECgAQEQ==',
  'base64',
);
(async () => {
  const session = await ort.InferenceSession.create(model);
  const own = new ort.Tensor('float32', new Float32Array(4), [1, 4]);
  const { z } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]) }, { z: own });
  const same = { tensor: z === own, buffer: z.data.buffer === own.data.buffer };
  console.log(`passed in: ${own.data}   result: ${z.data}   same tensor: ${same.tensor}   same buffer: ${same.buffer}`);
  z.data.fill(7);
  console.log(`after writing 7 into the result, passed in: ${own.data}`);
  if (`${own.data}` !== '-1,-2,-3,-4' || same.tensor || same.buffer) {
    console.log('changed: a preallocated output is no longer copied, or no longer filled');
    process.exit(1);
  }
})();
JS
node run.cjs
