/** Queries mapped into an older index's space, their files, and numpy's word on both. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { foldedItems, mappedQueries, queryMatrix } from '../../src/maps/mapped-queries.js';
import { npyOf } from '../../src/maps/npy.js';
import { onnxOfMap } from '../../src/maps/onnx-graph.js';
import type { Rung } from '../../src/models/drift/maps.js';
import { fittingOf } from '../../src/models/drift/version-map.js';
import { pairSimilarity } from '../../src/models/scores/similarity.js';
import type { Embeddings } from '../../src/models/towers/embeddings.js';
import { Graph } from '../../src/models/towers/runtime.js';

interface MapCase {
  readonly kind: Rung;
  readonly similarity: 'dot' | 'cosine' | 'max_sim';
  readonly vectors: { readonly query: number; readonly item: number };
  readonly old: number[];
  readonly new: number[];
  readonly queries: number[];
  readonly whole: number[];
  readonly scores: number[];
  readonly as_mapped_items: boolean;
  readonly output: number[];
}

const fixture = JSON.parse(readFileSync(new URL('../fixtures/maps.json', import.meta.url), 'utf8')) as {
  readonly items: number;
  readonly queries: number;
  readonly dimension: number;
  readonly cases: MapCase[];
  /** The bytes that numpy.save writes of a matrix of 2 × 3. */
  readonly npy: string;
};
const d = fixture.dimension;

function embeddings(values: readonly number[], count: number, each: number): Embeddings {
  const data = Float64Array.from(values);
  if (each === 1) return { count, dimension: d, data };
  return { count, dimension: d, data, offsets: Int32Array.from({ length: count + 1 }, (_, e) => e * each) };
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, digits = 9): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, digits);
}

function fitted(one: MapCase) {
  const { vectors, similarity, kind } = one;
  const old = embeddings(one.old, fixture.items, vectors.item);
  const live = embeddings(one.new, fixture.items, vectors.item);
  const unit = similarity === 'cosine';
  const fitting = fittingOf(old, live, (entity) => `item ${entity}`, unit);
  if ('why' in fitting) throw new Error(fitting.why);
  return { old, unit, fitting, map: fitting.mapOf(kind) };
}

describe.each(fixture.cases.map((one) => [`${one.kind}, ${one.similarity}`, one] as const))('%s', (_, one) => {
  const { old, unit, fitting, map } = fitted(one);
  const matrix = queryMatrix(map.whole, d);
  const queries = embeddings(one.queries, fixture.queries, one.vectors.query);

  test('scores every item with the map that the other half has taught, as numpy does', () => {
    const mapped = mappedQueries(queries, map, unit);
    const items = foldedItems(old, fitting.foldOf, unit);
    const score = pairSimilarity(one.similarity === 'max_sim' ? 'max_sim' : 'dot', mapped, items);
    const scores = Array.from({ length: fixture.queries * fixture.items }, (_, n) =>
      score(Math.floor(n / fixture.items), n % fixture.items),
    );
    expectClose(scores, one.scores);
  });

  test('gives the scores of mapped items, but for a linear map under a cosine', () => {
    expect(one.as_mapped_items).toBe(!(one.similarity === 'cosine' && one.kind === 'linear'));
  });

  test('has the matrix of scipy', () => {
    expectClose(map.whole, one.whole);
  });

  test.each(['float32', 'float64'] as const)('runs as a graph of %s', async (type) => {
    const leading = one.similarity === 'max_sim' ? ['batch', 'length'] : ['batch'];
    const graph = await Graph.open(onnxOfMap({ matrix, dimension: d, type, leading, unit, opset: 13, irVersion: 7 }));
    const data = type === 'float32' ? Float32Array.from(one.queries) : Float64Array.from(one.queries);
    const shape = leading.length === 1 ? [fixture.queries, d] : [fixture.queries, one.vectors.query, d];
    const result = await graph.run({ query: { type, data, shape } }, 'mapped_query');
    expect(result.type).toBe(type);
    expect(result.shape).toEqual(shape);
    expectClose(result.data as Float32Array, one.output, type === 'float32' ? 5 : 12);
    await graph.close();
  });
});

test('a graph stands for every set of operators from the first that takes it to the newest', async () => {
  for (const [opset, irVersion] of [
    [9, 4],
    [13, 7],
    [17, 8],
    [22, 10],
  ] as const) {
    const model = onnxOfMap({
      matrix: Float64Array.of(0, 1, 1, 0),
      dimension: 2,
      type: 'float32',
      leading: ['batch'],
      unit: true,
      opset,
      irVersion,
    });
    const graph = await Graph.open(model);
    const feed = { type: 'float32', data: Float32Array.of(3, 4), shape: [1, 2] } as const;
    const { data } = await graph.run({ query: feed }, 'mapped_query');
    expectClose(data as Float32Array, [0.8, 0.6], 6);
    await graph.close();
  }
});

test('a matrix is written as numpy.save writes it', () => {
  const values = Float64Array.of(1.5, -2, 3.25, 0.1, 1e-300, -0);
  expect(Buffer.from(npyOf(values, 2, 3)).toString('base64')).toBe(fixture.npy);
});
