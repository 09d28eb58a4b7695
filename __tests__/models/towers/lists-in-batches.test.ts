/** Lists and several vectors an entity, beside neighbours of other lengths. */
import { describe, expect, it } from 'vitest';
import { lookupTower, type Model } from '../../support/onnx.js';
import type { Project } from '../../support/project.js';
import { judged, MODEL, refusal, removedAfterEach, TABLE } from '../../support/served-towers.js';

removedAfterEach();

describe('a list that a longer neighbour pads', () => {
  /** embedding = [Σ tokens of the padded list / its padded length, 1, 1, 1], with a padding of 9. */
  const pooled = (length: number | string): Model => ({
    inputs: [{ name: 'tokens', type: 'int64', shape: ['batch', length] }],
    outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 4] }],
    nodes: [
      { op: 'Cast', inputs: ['tokens'], outputs: ['values'], attributes: { to: 1 } },
      { op: 'ReduceMean', inputs: ['values'], outputs: ['x'], attributes: { axes: [1], keepdims: 1 } },
      { op: 'Mul', inputs: ['x', 'zeros'], outputs: ['nothing'] },
      { op: 'Add', inputs: ['nothing', 'ones'], outputs: ['rest'] },
      { op: 'Concat', inputs: ['x', 'rest'], outputs: ['embedding'], attributes: { axis: 1 } },
    ],
    initializers: [
      { name: 'zeros', type: 'float32', shape: [1, 3], values: [0, 0, 0] },
      { name: 'ones', type: 'float32', shape: [1, 3], values: [1, 1, 1] },
    ],
  });
  const listOf = (item: number) => Array.from({ length: 1 + (item % 4) }, (_, i) => (i + item) % 3);
  const tokens =
    (more = '') =>
    (p: Project) => {
      const lines = p.read('eval/rows.csv').trimEnd().split('\n');
      p.rows(
        `${lines.map((line, r) => `${line},${r === 0 ? 'tokens' : `"[${listOf(Number(line.split(',').at(-1))).join(', ')}]"`}`).join('\n')}\n`,
      );
      p.edit(
        MODEL,
        'onnx: item/{version}.onnx',
        `onnx: item/{version}.onnx${more}\n  inputs: {tokens: {column: tokens, pad: 9}}`,
      );
    };

  it('is refused where the padding is read', async () => {
    const message = await refusal(pooled('length'), tokens());
    expect(message).toMatch(
      /\(a longer neighbour pads "tokens", and something reads the padding\).*Give the encoder a mask/,
    );
  });

  it('is its own where it is embedded alone, as serving does', async () => {
    const mean = (item: number) => listOf(item).reduce((a, b) => a + b, 0) / listOf(item).length;
    const { value } = await judged(pooled('length'), tokens('\n  batch: 1'));
    const expected = await judged(
      lookupTower(
        TABLE.map((_, item) => [mean(item), 1, 1, 1]),
        'item_index',
      ),
    );
    expect(value).toBeCloseTo(expected.value, 6);
  });

  it('is no matter where all are padded to one length', async () => {
    const mean = (item: number) => [...listOf(item), 9, 9, 9].slice(0, 4).reduce((a, b) => a + b, 0) / 4;
    const { value } = await judged(pooled(4), tokens());
    const expected = await judged(
      lookupTower(
        TABLE.map((_, item) => [mean(item), 1, 1, 1]),
        'item_index',
      ),
    );
    expect(value).toBeCloseTo(expected.value, 6);
  });
});

describe('an encoder of several vectors', () => {
  /** One vector a token, looked up; the last row of the table is the padding's. */
  const encoder = (padding: readonly number[]): Model => ({
    inputs: [{ name: 'tokens', type: 'int64', shape: ['batch', 'length'] }],
    outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 'length', 4] }],
    nodes: [{ op: 'Gather', inputs: ['table', 'tokens'], outputs: ['embedding'], attributes: { axis: 0 } }],
    initializers: [
      { name: 'table', type: 'float32', shape: [4, 4], values: [...TABLE.slice(0, 3).flat(), ...padding] },
    ],
  });
  const scored = (p: Project) => {
    const lines = p.read('eval/rows.csv').trimEnd().split('\n');
    const tokensOf = (item: number) => Array.from({ length: 1 + (item % 3) }, (_, i) => (item + i) % 3);
    p.rows(
      `${lines.map((line, r) => `${line},${r === 0 ? 'tokens' : `"[${tokensOf(Number(line.split(',').at(-1))).join(', ')}]"`}`).join('\n')}\n`,
    );
    p.edit(MODEL, 'similarity: dot', 'similarity: max_sim').edit(
      MODEL,
      'onnx: item/{version}.onnx',
      'onnx: item/{version}.onnx\n  inputs: {tokens: {column: tokens, pad: 3}}',
    );
  };

  it('is refused where padding gives vectors that max_sim would see', async () => {
    expect(await refusal(encoder([1, 1, 1, 1]), scored)).toMatch(
      /^models\/item\/v3.onnx: embedding of item "i\d+" alone differs .*a longer neighbour pads "tokens"/,
    );
  });

  it('is steady where padding gives zeros, which are taken out', async () => {
    const { value } = await judged(encoder([0, 0, 0, 0]), scored);
    expect(value).toBe(
      (
        await judged(encoder([1, 1, 1, 1]), (p) => {
          scored(p);
          p.edit(MODEL, 'onnx: item/{version}.onnx', 'onnx: item/{version}.onnx\n  batch: 1');
        })
      ).value,
    );
  });
});
