/** Graphs that are too new or too rich for the runtime, as today's exporters write them: each its own sentence. */
import { describe, expect, it } from 'vitest';
import { MAX_IR, MAX_OPSET } from '../../../src/models/towers/graph-limits.js';
import { Graph } from '../../../src/models/towers/runtime.js';
import { lookupTower, type Model, onnx, type Value } from '../../support/onnx.js';
import { lookupThen, refusal, removedAfterEach, TABLE } from '../../support/served-towers.js';

removedAfterEach();

const IDENTITY = lookupThen([{ op: 'Identity', inputs: ['e'], outputs: ['embedding'] }]);
const INDEX: Value = { name: 'item_index', type: 'int64', shape: ['batch'] };

describe('the newest that the bundled runtime loads', () => {
  const opens = async (more: Partial<Model>) => {
    const graph = await Graph.open(onnx({ ...lookupTower(TABLE), ...more })).catch((error: Error) => error.message);
    if (typeof graph === 'string') return graph;
    await graph.close();
    return 'opens';
  };

  it('is what graph-limits.ts says', async () => {
    expect(await opens({ ir: MAX_IR, opset: MAX_OPSET })).toBe('opens');
    expect(await opens({ ir: MAX_IR + 1 })).toMatch(`max supported IR version: ${MAX_IR}`);
    expect(await opens({ opset: MAX_OPSET + 1 })).toMatch(/opset/i);
  });
});

describe('a graph', () => {
  it.each<[string, Model, RegExp]>([
    [
      'of today’s onnx package',
      { ...IDENTITY, ir: 14, opset: 28 },
      /^models\/item\/v3.onnx: item checkpoint "v3" of IR version 14 and opset 28; expected at most IR version 13 and opset 26, .*version_converter as v; m = onnx.load\('models\/item\/v3.onnx'\); m = v.convert_version\(m, 22\); m.ir_version = 10; onnx.save\(m, 'models\/item\/v3.onnx'\)"/,
    ],
    [
      'whose format alone is too new',
      { ...IDENTITY, ir: 14 },
      /of IR version 14; expected at most IR version 13, .*onnx.load\('models\/item\/v3.onnx'\); m.ir_version = 10;/,
    ],
    [
      'in bfloat16',
      { ...IDENTITY, outputs: [{ name: 'embedding', type: 'bfloat16', shape: ['batch', 4] }] },
      /output "embedding" bfloat16 \[batch, 4\] of item checkpoint "v3"; expected float32.*model.float\(\)/,
    ],
    [
      'whose output is no kind of number that an embedding can be',
      { ...IDENTITY, outputs: [{ name: 'embedding', type: 'int4', shape: ['batch', 4] }] },
      /output "embedding" int4 \[batch, 4\] of item checkpoint "v3"; expected float32, float64 or float16/,
    ],
    [
      'whose output is a sequence',
      { ...IDENTITY, outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 4], of: 'sequence' }] },
      /output "embedding" sequence of item checkpoint "v3"; expected float32.*not a sequence/,
    ],
    [
      'whose output is optional',
      { ...IDENTITY, outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 4], of: 'optional' }] },
      /output "embedding" optional of item checkpoint "v3"; expected float32.*not an optional/,
    ],
    [
      'with a vector for every token',
      { ...IDENTITY, outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 'tokens', 4] }] },
      /output "embedding" float32 \[batch, tokens, 4\] of item checkpoint "v3", a vector for every token; expected \[batch, dimension\]. Pool the tokens/,
    ],
    [
      'with an input that has no axes',
      { ...IDENTITY, inputs: [INDEX, { name: 'temperature', type: 'float32', shape: [] }] },
      /models\/release.yml:6:1: input "temperature" of models\/item\/v3.onnx without axes: one value for a whole batch; .*write: temperature: \{constant: 1\}/,
    ],
    [
      'with its batch in the second axis',
      {
        ...IDENTITY,
        inputs: [{ name: 'item_index', type: 'int64', shape: ['length', 'batch'] }],
      },
      /input "item_index" of item checkpoint "v3" with its batch in the second axis: \[length, batch\]; expected the batch first.*transpose\(0, 1\)/,
    ],
    [
      'that takes bags',
      {
        ...IDENTITY,
        inputs: [
          { name: 'item_index', type: 'int64', shape: ['n'] },
          { name: 'offsets', type: 'int64', shape: ['batch'] },
        ],
      },
      /inputs "item_index" and "offsets" of item checkpoint "v3", which take a batch’s lists one after the other.*Wrap the model/,
    ],
    [
      'with a tokenizer of onnxruntime-extensions',
      lookupThen([{ op: 'BertTokenizer', domain: 'ai.onnx.contrib', inputs: ['e'], outputs: ['embedding'] }]),
      /operator "ai.onnx.contrib:BertTokenizer" of onnxruntime-extensions in item checkpoint "v3"; .*tokenize the texts first/,
    ],
    [
      'at a type that no CPU operator has',
      lookupThen([
        { op: 'Cast', inputs: ['e'], outputs: ['brain'], attributes: { to: 16 } },
        { op: 'MatMul', inputs: ['brain', 'brain'], outputs: ['product'] },
        { op: 'Cast', inputs: ['product'], outputs: ['embedding'], attributes: { to: 1 } },
      ]),
      /operator "MatMul\(13\)" in item checkpoint "v3", which the runtime has for no CPU at the type of its inputs.*model.float\(\)/,
    ],
    [
      'that needs a locale of the machine',
      {
        inputs: [{ name: 'tier', type: 'string', shape: ['batch'] }],
        outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 1] }],
        nodes: [
          {
            op: 'StringNormalizer',
            inputs: ['tier'],
            outputs: ['lower'],
            attributes: { case_change_action: 'LOWER', locale: 'xx_XX' },
          },
          { op: 'Cast', inputs: ['lower'], outputs: ['flat'], attributes: { to: 1 } },
          { op: 'Unsqueeze', inputs: ['flat', 'axis'], outputs: ['embedding'] },
        ],
        initializers: [{ name: 'axis', type: 'int64', shape: [1], values: [1] }],
      },
      /an operator on texts in item checkpoint "v3" that needs the machine’s locale "xx_XX", which is not installed/,
    ],
  ])('%s is refused', async (_, model, message) => {
    expect(await refusal(model)).toMatch(message);
  });
});
