import { cell, MODEL, refuses } from '../support/mistakes.js';
import { lookupTower, onnx } from '../support/onnx.js';

refuses('towers with', [
  [
    'a file that is no ONNX',
    (p) => p.write('models/item/v2.onnx', 'no model at all\n'),
    /models\/item\/v2.onnx: item checkpoint "v2" that is no ONNX model.*git lfs pull/,
  ],
  [
    'a pointer of Git LFS in place of a checkpoint',
    (p) => p.write('models/item/v2.onnx', 'version https://git-lfs.github.com/spec/v1\n'),
    /models\/item\/v2.onnx: a Git LFS pointer in place of the file; .* Run: git lfs pull$/,
  ],
  [
    'a checkpoint that is cut short',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower([[1, 2, 3, 4]], 'item_index')).subarray(0, 60)),
    /models\/item\/v2.onnx: item checkpoint "v2" that is no ONNX model \(it is cut short\)/,
  ],
  [
    'an input that no column feeds',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower([[1, 2, 3, 4]], 'itm_index'))),
    /eval\/rows.csv: no column "itm_index", which input "itm_index" of models\/item\/v2.onnx reads.*Did you mean "item_index"\?/,
  ],
  [
    'a surplus input',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/{version}.onnx\n  inputs: {item_indx: item_index}'),
    /models\/release.yml:8:12: input "item_indx", which models\/item\/v3.onnx does not have; expected one of "item_index". Did you mean "item_index"\?/,
  ],
  [
    'several outputs without a choice',
    (p) => {
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      p.write(
        'models/item/v3.onnx',
        onnx({
          ...m,
          outputs: [...m.outputs, { name: 'other', type: 'float32', shape: ['batch', 4] }],
          nodes: [...m.nodes, { op: 'Identity', inputs: ['embedding'], outputs: ['other'] }],
        }),
      );
    },
    /models\/release.yml:6:1: 2 outputs in models\/item\/v3.onnx: "embedding" and "other".*Write: output: embedding/,
  ],
  [
    'an output that does not exist',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/{version}.onnx\n  output: embeding'),
    /:8:11: output "embeding", which models\/item\/v3.onnx does not have.*Did you mean "embedding"\?/,
  ],
  [
    'a custom operator',
    (p) => {
      const m = lookupTower(Array(50).fill([1, 2, 3, 4]), 'item_index');
      p.write(
        'models/item/v1.onnx',
        onnx({
          ...m,
          nodes: [
            { ...m.nodes[0]!, outputs: ['x'] },
            { op: 'Foo', domain: 'com.acme', inputs: ['x'], outputs: ['embedding'] },
          ],
        }),
      );
    },
    /models\/item\/v1.onnx: operator "com.acme:Foo" in item checkpoint "v1", which ONNX does not define/,
  ],
  [
    'dimensions that differ between towers',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower(Array(50).fill([1, 2, 3]), 'item_index'))),
    /models\/item\/v2.onnx: embeddings of 3 numbers from item checkpoint "v2", against 4 from query checkpoint "v\d"/,
    { triedOn: 'every checkpoint is held against the first one, in a sweep against the one it is paired with' },
  ],
  [
    'an index that the tower does not have',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower(Array(5).fill([1, 2, 3, 4]), 'item_index'))),
    /models\/item\/v2.onnx: item checkpoint "v2" that fails on item "i\d+" … "i\d+" \(.*expected inputs that it takes: "item_index" int64 \[batch\]/,
  ],
  [
    'NaN in an embedding',
    (p) => {
      const t = Array.from({ length: 50 }, () => [1, 2, 3, 4]);
      t[7]![2] = Number.NaN;
      p.write('models/item/v2.onnx', onnx(lookupTower(t, 'item_index')));
    },
    /models\/item\/v2.onnx: NaN or infinity in the embedding of item "i7" in version "v2"/,
  ],
  [
    'a zero embedding',
    (p) => {
      const t = Array.from({ length: 50 }, () => [1, 2, 3, 4]);
      t[9] = [0, 0, 0, 0];
      p.write('models/item/v2.onnx', onnx(lookupTower(t, 'item_index')));
    },
    /models\/item\/v2.onnx: a zero embedding of item "i9" in version "v2"/,
  ],
  [
    'an output of the wrong rank',
    (p) => {
      const m = lookupTower(Array(50).fill([1, 2, 3, 4]), 'item_index');
      p.write(
        'models/item/v2.onnx',
        onnx({
          ...m,
          outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 1, 4] }],
          nodes: [
            { ...m.nodes[0]!, outputs: ['x'] },
            { op: 'Unsqueeze', inputs: ['x', 'axes'], outputs: ['embedding'] },
          ],
          initializers: [...m.initializers!, { name: 'axes', type: 'int64', shape: [1], values: [1] }],
        }),
      );
    },
    /output "embedding" of item checkpoint "v2" with shape \[\d+, 1, 4\]; expected \[batch, dimension\].*max_sim/,
    { triedOn: 'the shape counts the rows of the batch, of which fewer are tried' },
  ],
  [
    'a fraction for an integer input',
    (p) => cell(p, 5, 'item_index', '2.5'),
    /eval\/rows.csv:5:1: row 4, column "item_index" is 2.5; expected a value that fits int64, for input "item_index" of models\/item\/v3.onnx/,
  ],
  [
    'a missing feature',
    (p) => cell(p, 5, 'item_index', ''),
    /eval\/rows.csv:5:1: row 4, column "item_index" is missing; expected a value for input "item_index"/,
  ],
]);
