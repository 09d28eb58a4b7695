/** Ranks in a catalogue by the runtime's float32 are those of float64, ties and all. */
import { describe, expect, test } from 'vitest';
import type { Similarity } from '../../../src/documents/release/release.js';
import { cataloguePositions } from '../../../src/models/scores/catalogue.js';
import { limitsOf } from '../../../src/models/scores/catalogue-counts.js';
import { Scorer } from '../../../src/models/scores/scorer.js';
import { pairSimilarity } from '../../../src/models/scores/similarity.js';
import type { Embeddings } from '../../../src/models/towers/embeddings.js';
import { plainSource } from '../../../src/models/towers/vector-source.js';
import { generator } from '../../support/random.js';

const QUERIES = 40;
const ITEMS = 2_300;
const D = 12;

interface World {
  readonly queries: Embeddings;
  readonly items: Embeddings;
  readonly similarity: Similarity;
  readonly scale: number;
  readonly bias: number;
}

/** Items of which every fifth is there again, and every seventh differs from its neighbour in a last bit. */
function world(seed: number, wide: boolean, similarity: Similarity, scale: number, bias: number, size = 1): World {
  const random = generator(seed);
  const vectors = (count: number) => Float64Array.from({ length: count * D }, () => size * random.normal());
  const items = vectors(ITEMS);
  for (let i = 5; i < ITEMS; i += 5) items.copyWithin(i * D, (i - 1) * D, i * D);
  for (let i = 7; i < ITEMS; i += 7) {
    items.copyWithin(i * D, (i - 1) * D, i * D);
    items[i * D + 3]! *= 1 + Number.EPSILON;
  }
  const narrow = (data: Float64Array) => (wide ? data : Float32Array.from(data));
  return {
    queries: { count: QUERIES, dimension: D, data: narrow(vectors(QUERIES)) },
    items: { count: ITEMS, dimension: D, data: narrow(items) },
    similarity,
    scale,
    bias,
  };
}

/** Two relevant items a query, one of them in the last stretch. */
const relevantOf = (q: number) => [(q * 53) % ITEMS, ITEMS - 1 - q];

async function positionsOf({ queries, items, similarity, scale, bias }: World, many: number) {
  const rows = Array.from({ length: QUERIES }, (_, q) => relevantOf(q).map((item) => [q, item] as const)).flat();
  const release = {
    chain: ['1'],
    checkpoints: { query: new Map(), item: new Map() },
    score: { similarity, scale: () => scale, bias: () => bias },
  };
  const scorer = new Scorer(release, { query: 0, item: 0 }, queries, plainSource(items));
  const of = pairSimilarity(similarity, queries, items);
  const score = (q: number, i: number) => scale * of(q, i) + bias;
  const codes = Int32Array.from(rows, ([q]) => q);
  const found = await cataloguePositions(
    {
      evalSet: { query: { codes } },
      items: { count: ITEMS },
      positiveRows: Int32Array.from(rows.keys()),
    },
    Int32Array.from({ length: QUERIES }, (_, q) => q),
    Float64Array.from(rows, ([q, i]) => score(q, i)),
    scorer,
    many,
  );
  const counted = rows.map(([q, i]) => {
    const own = score(q, i);
    let [above, tied] = [0, 0];
    for (let other = 0; other < ITEMS; other++) {
      const one = score(q, other);
      if (one > own) above++;
      else if (one === own) tied++;
    }
    return [above, tied];
  });
  return { found: rows.map((_, n) => [found.above[n]!, found.tied[n]!]), counted };
}

describe.each([
  ['float32 dot', world(1, false, 'dot', 1, 0)],
  ['float64 dot, where last bits decide', world(2, true, 'dot', 0.37, -1.5)],
  ['cosine', world(3, false, 'cosine', 20, 3)],
  ['float64 cosine', world(4, true, 'cosine', 1, 0)],
  ['a scale below 0', world(5, false, 'dot', -2, 0.1)],
  ['a bias that swallows most of the score', world(6, true, 'dot', 1, 1e12)],
  ['vectors too long for float32', world(7, true, 'dot', 1, 0, 1e20)],
  ['vectors too short for float32', world(8, true, 'dot', 1, 0, 1e-24)],
  ['no scale at all', world(9, false, 'dot', 0, 2)],
])('%s', (_, one) => {
  test.each([
    ['by the runtime', 0],
    ['in float64', Number.POSITIVE_INFINITY],
  ])('is ranked as one item after the other: %s', async (__, many) => {
    const { found, counted } = await positionsOf(one, many);
    expect(found).toEqual(counted);
  });
});

test('float32 decides nearly all of it: limits are narrow, and there are none for what it cannot hold', () => {
  const limits = limitsOf({ score: 1.5 }, { scale: 2, bias: 0.5 }, 64, 3, 4)!;
  expect(limits.lower).toBeLessThan(0.5);
  expect(limits.upper).toBeGreaterThan(0.5);
  expect(limits.upper - limits.lower).toBeLessThan(2e-4);
  expect(limitsOf({ score: 1 }, { scale: 1, bias: 0 }, 64, 1e20, 1e20)).toBeUndefined();
  expect(limitsOf({ score: 1 }, { scale: 1e-320, bias: 0 }, 64, 1, 1)).toBeUndefined();
});
