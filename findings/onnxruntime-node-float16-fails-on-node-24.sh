#!/usr/bin/env bash
# onnxruntime-node 1.30.0 on Node 24: a float16 input reaches the graph without a byte, where Node 20 feeds it.
#
# Node 24 has Float16Array. onnxruntime-common then makes one of the Uint16Array of bits that a float16 tensor is built of, and the native part,
# built against an older Node-API, does not know such an array. A half-precision tower that runs on Node 20 fails on the Node that GitHub's runners
# use. Built as uint16 and renamed, the same bits arrive on both.
#
# Seen:
#   v20.20.0 float16: 1,0.5,0,0    uint16, renamed: 1,0.5,0,0
#   v24.11.1 float16: Tensor.data must be a typed array (4 or Float16Array) for float16 tensors, but got typed array (0).    uint16, renamed: 1,0.5,0,0
#   v24.21.0 float16: not enough space: expected 8, got 0    uint16, renamed: 1,0.5,0,0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-save --ignore-scripts onnxruntime-node@1.30.0
mkdir 20 24 new
(cd 20 && npm init --yes >/dev/null && npm install --silent --no-save node@20.20.0)
(cd 24 && npm init --yes >/dev/null && npm install --silent --no-save node@24.11.1)
(cd new && npm init --yes >/dev/null && npm install --silent --no-save node@24.21.0)
cat >read.cjs <<'JS'
const ort = require('onnxruntime-node');
// onnx.helper: x float16 [b, 4] → Cast to float32 → z.
const model = Buffer.from(
  'CAo6SAoXCgF4EgF6IgRDYXN0KgkKAnRvGAGgAQISAWdaFAoBeBIPCg0IChIJCgMSAWIKAggEYhQKAXoSDwoNCAESCQoDEgFiCgIIBEIECgAQFQ==',
  'base64',
);
const bits = () => Uint16Array.from([0x3c00, 0x3800, 0, 0]);
const run = async (tensor) => {
  const session = await ort.InferenceSession.create(model);
  return session.run({ x: tensor }).then(({ z }) => z.data.join(), (error) => error.message);
};
(async () => {
  const plain = await run(new ort.Tensor('float16', bits(), [1, 4]));
  const renamed = await run(Object.assign(new ort.Tensor('uint16', bits(), [1, 4]), { type: 'float16' }));
  console.log(process.version, 'float16:', plain, '   uint16, renamed:', renamed);
  const fed = plain === '1,0.5,0,0';
  if (renamed !== '1,0.5,0,0' || fed === (typeof Float16Array === 'function')) {
    console.log('changed: float16 is fed otherwise');
    process.exit(1);
  }
})();
JS
20/node_modules/.bin/node read.cjs
24/node_modules/.bin/node read.cjs
new/node_modules/.bin/node read.cjs
