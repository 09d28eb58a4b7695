/** Late interaction over padded tokens: those that the declared mask leaves out are no vectors. */
import { expect, it } from 'vitest';
import type { Checkpoint } from '../../../src/data/checkpoints/checkpoint.js';
import { Collector } from '../../../src/models/towers/collector.js';

const CHECKPOINT: Checkpoint = {
  side: 'item',
  version: 'v1',
  kind: 'onnx',
  path: '/v1.onnx',
  shown: 'v1.onnx',
  sha256: '',
  external: [],
  folder: '/',
};

/** Two entities of three vectors of dimension 2, the numbers 1 … 12. */
const output = { type: 'float32', data: Float32Array.from({ length: 12 }, (_, i) => i + 1), shape: [2, 3, 2] };

function collected(mask?: { tokens: number; keptOf: (place: number) => number }) {
  const collector = new Collector(CHECKPOINT, 'tokens', 4, true);
  collector.add(output, 2, 0, mask);
  collector.add(output, 2, 0, mask);
  return collector.done();
}

it('keeps the vectors of values alone', () => {
  const { offsets, data } = collected({ tokens: 3, keptOf: (place) => [1, 2][place]! });
  expect([...offsets!]).toEqual([0, 1, 3, 4, 6]);
  expect([...data]).toEqual([1, 2, 7, 8, 9, 10, 1, 2, 7, 8, 9, 10]);
});

it('keeps all vectors of an output that has none a value, and where no mask is declared', () => {
  for (const mask of [undefined, { tokens: 4, keptOf: () => 1 }]) {
    const { offsets, data } = collected(mask);
    expect([...offsets!]).toEqual([0, 3, 6, 9, 12]);
    expect(data.length).toBe(24);
  }
});
