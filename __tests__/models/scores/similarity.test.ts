import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pairSimilarity } from '../../../src/models/scores/similarity.js';
import type { Embeddings } from '../../../src/models/towers/embeddings.js';
import { expectNear, fixture } from '../../fixtures/metrics.js';

const { similarity } = fixture;

function embeddings(vectors: readonly (readonly number[])[], offsets?: readonly number[]): Embeddings {
  return {
    count: offsets ? offsets.length - 1 : vectors.length,
    dimension: vectors[0]!.length,
    data: Float32Array.from(vectors.flat()),
    ...(offsets ? { offsets: Int32Array.from(offsets) } : {}),
  };
}

function expectMatrix(of: (q: number, i: number) => number, expected: readonly (readonly number[])[]): void {
  for (const [q, row] of expected.entries())
    for (const [i, value] of row.entries()) expectNear(of(q, i), value, `(${q}, ${i})`, 1e-12);
}

describe('similarity', () => {
  test.each(['dot', 'cosine'] as const)('%s of float32 embeddings is summed in float64, as numpy does', (kind) => {
    expectMatrix(pairSimilarity(kind, embeddings(similarity.queries), embeddings(similarity.items)), similarity[kind]);
  });

  test('max_sim is the sum over query vectors of the best item vector', () => {
    expectMatrix(
      pairSimilarity(
        'max_sim',
        embeddings(similarity.queries, similarity.queryOffsets),
        embeddings(similarity.items, similarity.itemOffsets),
      ),
      similarity.maxSim,
    );
  });

  test('max_sim of single vectors is dot', () => {
    const q = embeddings(similarity.queries, [0, 1, 2, 3]);
    const i = embeddings(similarity.items, [0, 1, 2, 3, 4]);
    expectMatrix(pairSimilarity('max_sim', q, i), similarity.dot);
  });

  test('max_sim is negative where every product is', () => {
    const of = pairSimilarity(
      'max_sim',
      embeddings([[1, 0]], [0, 1]),
      embeddings(
        [
          [-1, 2],
          [-3, 0],
        ],
        [0, 2],
      ),
    );
    expect(of(0, 0)).toBe(-1);
  });

  test('cosine does not depend on the lengths, and lies between -1 and 1 but for rounding', () => {
    const vector = fc
      .array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 })
      .filter((v) => v.some((x) => x !== 0));
    fc.assert(
      fc.property(vector, vector, fc.integer({ min: 1, max: 50 }), (a, b, factor) => {
        const plain = pairSimilarity('cosine', embeddings([a]), embeddings([b]))(0, 0);
        const longer = pairSimilarity('cosine', embeddings([a.map((x) => x * factor)]), embeddings([b]))(0, 0);
        expectNear(longer, plain, 'cosine', 1e-14);
        expect(Math.abs(plain)).toBeLessThanOrEqual(1 + 1e-15);
      }),
    );
  });

  test('reads float64 embeddings as they are', () => {
    const of = pairSimilarity(
      'dot',
      { count: 1, dimension: 2, data: Float64Array.of(0.1, 1e-17) },
      { count: 1, dimension: 2, data: Float64Array.of(0.1, 1) },
    );
    expect(of(0, 0)).toBe(0.1 * 0.1 + 1e-17);
  });
});
