import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GroupedMetric, PositionMetric } from '../../../src/estimation/metrics/metric.js';
import { findMetric, METRICS } from '../../../src/estimation/metrics/registry.js';
import { noneWithin } from '../../../src/estimation/metrics/ties.js';
import { expectNear, fixture, metricRef, relevantItems, rowInputs } from '../../fixtures/metrics.js';

/** A position metric as a policy names it, on one list. */
function evaluate(
  id: string,
  scores: readonly number[],
  relevant: readonly number[],
  gains?: readonly number[],
): number {
  const { metric, k } = metricRef(id);
  return (metric as PositionMetric).evaluate(relevantItems(scores, relevant, gains), k);
}

/** A list of scores that tie often, with its relevant candidates. */
const arbitraryList = fc
  .array(fc.record({ score: fc.integer({ min: 0, max: 3 }), relevant: fc.boolean() }), { minLength: 1, maxLength: 30 })
  .filter((list) => list.some(({ relevant }) => relevant))
  .map((list) => ({
    scores: list.map(({ score }) => score),
    relevant: list.flatMap(({ relevant }, i) => (relevant ? [i] : [])),
  }));

const families = METRICS.filter((metric) => metric.kind === 'positions').map((metric) => metric.id);

describe('ties: the value expected under random tie-breaking', () => {
  test.each(Object.keys(fixture.lists[0]!.expected))(
    '%s is the mean over every permutation of the list (brute force)',
    (id) => {
      for (const [i, { scores, relevant, gains, expected }] of fixture.lists.entries())
        expectNear(evaluate(id, scores, relevant, gains), expected[id]!, `list ${i}`, 1e-12);
    },
  );

  test('the fixture covers every family', () => {
    const covered = new Set(Object.keys(fixture.lists[0]!.expected).map((id) => id.split('@')[0]!));
    expect([...covered].sort()).toEqual([...families].sort());
  });

  test.each(['recall@2', 'hit@2', 'ndcg@3', 'mrr'])('%s is the mean over random tie-breakings', (id) => {
    const scores = [2, 2, 2, 1, 1, 1, 1, 0];
    const relevant = [1, 4, 5];
    let state = 12345;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const draws = 4000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < draws; i++) {
      const value = evaluate(
        id,
        scores.map((s) => s + random() / 2),
        relevant,
      );
      sum += value;
      squares += value * value;
    }
    const mean = sum / draws;
    const error = Math.sqrt((squares / draws - mean * mean) / draws);
    expect(error).toBeGreaterThan(0);
    expect(Math.abs(mean - evaluate(id, scores, relevant))).toBeLessThan(4 * error);
  });

  test('scores that are all equal say nothing: recall@K is K over the number of candidates', () => {
    expectNear(evaluate('recall@3', new Array(12).fill(1), [0, 5]), 3 / 12, 'recall', 1e-15);
    expectNear(evaluate('hit@3', new Array(12).fill(1), [7]), 3 / 12, 'hit', 1e-15);
  });

  test('the chance that no relevant item is within the first places is hypergeometric', () => {
    // C(5, 3) / C(8, 3) = 10 / 56.
    expectNear(noneWithin(8, 3, 3), 10 / 56, 'probability', 1e-15);
    expect(noneWithin(8, 3, 6)).toBe(0);
    expect(noneWithin(8, 3, 0)).toBe(1);
    expect(noneWithin(4, 4, 1)).toBe(0);
  });
});

describe('without ties', () => {
  test('recall, hit, MRR and NDCG follow from the ranks alone', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 1, max: 45 }),
        (ranks, k) => {
          const scores = Array.from({ length: 40 }, (_, i) => 40 - i);
          const relevant = ranks.map((rank) => rank - 1);
          const within = ranks.filter((rank) => rank <= k);
          const ideal = ranks.slice(0, k).reduce((sum, _, i) => sum + 1 / Math.log2(2 + i), 0);
          const dcg = within.reduce((sum, rank) => sum + 1 / Math.log2(1 + rank), 0);
          expectNear(evaluate(`recall@${k}`, scores, relevant), within.length / ranks.length, 'recall', 1e-12);
          expect(evaluate(`hit@${k}`, scores, relevant)).toBe(within.length > 0 ? 1 : 0);
          expectNear(evaluate('mrr', scores, relevant), 1 / Math.min(...ranks), 'mrr', 1e-12);
          expectNear(evaluate(`ndcg@${k}`, scores, relevant), dcg / ideal, 'ndcg', 1e-12);
        },
      ),
    );
  });
});

describe('bounds and order', () => {
  test.each(['recall', 'hit'])('%s@K never falls as K grows, and is 1 at the length of the list', (family) => {
    fc.assert(
      fc.property(arbitraryList, ({ scores, relevant }) => {
        let before = 0;
        for (let k = 1; k <= scores.length; k++) {
          const value = evaluate(`${family}@${k}`, scores, relevant);
          expect(value).toBeGreaterThanOrEqual(before - 1e-12);
          before = value;
        }
        expectNear(before, 1, 'at the end', 1e-12);
      }),
    );
  });

  test.each(['recall@3', 'hit@3', 'ndcg@3', 'mrr'])('%s lies between 0 and 1 and depends on the order alone', (id) => {
    fc.assert(
      fc.property(arbitraryList, ({ scores, relevant }) => {
        const value = evaluate(id, scores, relevant);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
        const moved = scores.map((s) => Math.exp(3 * s) - 20);
        expect(evaluate(id, moved, relevant)).toBe(value);
      }),
    );
  });

  test('a hit is at least as likely as the share that is found', () => {
    fc.assert(
      fc.property(arbitraryList, fc.integer({ min: 1, max: 10 }), ({ scores, relevant }, k) => {
        expect(evaluate(`hit@${k}`, scores, relevant)).toBeGreaterThanOrEqual(
          evaluate(`recall@${k}`, scores, relevant) - 1e-12,
        );
      }),
    );
  });

  test('NDCG of the ideal order is 1, whatever the gains', () => {
    expectNear(evaluate('ndcg@2', [9, 8, 7, 1], [0, 1, 2], [1, 0.7, 0.2]), 1, 'ndcg', 1e-15);
    expect(evaluate('ndcg@2', [7, 8, 9, 1], [0, 1, 2], [1, 0.7, 0.2])).toBeLessThan(1);
  });
});

describe('gauc', () => {
  const gauc = metricRef('gauc').metric as GroupedMetric;

  test('weighs each query’s AUC by its rows, and leaves queries with one class out', () => {
    const { value, weight } = gauc.evaluate(
      rowInputs({
        scores: [1, 2, 3, 5, 4, 1, 2, 9],
        label: [0, 1, 1, 0, 1, 1, 1, 0],
        weight: [1, 1, 2, 1, 1, 1, 1, 5],
        cell: [0, 0, 0, 1, 1, 2, 2, 3],
        cells: 4,
      }),
    );
    expect([...value]).toEqual([1, 0, 0, 0]);
    expect([...weight]).toEqual([4, 2, 0, 0]);
  });
});

describe('a query’s value belongs to its relevant items', () => {
  const ids = families.flatMap((id) => (findMetric(id) ? [id] : [2, 3, 5, 40].map((k) => `${id}@${k}`)));
  const positions = (id: string) => metricRef(id).metric as PositionMetric;

  test.each(ids)('%s: shares of its weight sum to 1, and what they add to the value to the value', (id) => {
    const { credit, share, evaluate: value } = positions(id);
    const { k } = metricRef(id);
    fc.assert(
      fc.property(arbitraryList, ({ scores, relevant }) => {
        const gains = relevant.map((i) => ((i % 3) + 1) / 3);
        const items = relevantItems(scores, relevant, gains);
        const shares = share(items);
        expect(shares.length).toBe(items.count);
        expectNear(
          shares.reduce((sum, x) => sum + x, 0),
          1,
          'shares',
          1e-12,
        );
        const credits = credit?.(items, k);
        if (credits)
          expectNear(
            credits.reduce((sum, x) => sum + x, 0),
            value(items, k),
            'credits',
            1e-12,
          );
      }),
    );
  });

  test.each(ids)('%s: where it says that it adds up over ranks, it does', (id) => {
    const { additive, evaluate: value } = positions(id);
    const { k } = metricRef(id);
    if (!additive) return expect(positions(id).kind).toBe('positions');
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }), (ranks) => {
        const sorted = ranks.toSorted((a, b) => a - b);
        const gains = sorted.map((rank) => ((rank % 3) + 1) / 3);
        const sum = sorted.reduce(
          (total, rank, i) => total + (rank <= k ? additive.gain(gains[i]!) * additive.weight(rank) : 0),
          0,
        );
        const items = {
          count: sorted.length,
          above: sorted.map((rank) => rank - 1),
          tied: sorted.map(() => 1),
          gain: gains,
        };
        expectNear(sum / additive.normaliser(gains.map(additive.gain), k), value(items, k), 'sum', 1e-12);
      }),
    );
  });

  test('of recall each owns its own hit, and of a reciprocal rank the first owns it all', () => {
    // Scores best first: a relevant item at rank 1 and one at rank 4.
    const items = relevantItems([9, 8, 7, 6, 5], [0, 3]);
    expect([...positions('recall@2').credit!(items, 2)]).toEqual([0.5, 0]);
    expect([...positions('mrr').share(items)]).toEqual([1, 0]);
    const discounts = [1, 1 / Math.log2(5)];
    const ideal = 1 + 1 / Math.log2(3);
    for (const [i, credit] of positions('ndcg@5').credit!(items, 5).entries())
      expectNear(credit, discounts[i]! / ideal, `credit ${i}`, 1e-14);
  });

  test.each(ids)('%s: says that it cannot move exactly where every order of the candidates gives one value', (id) => {
    const metric = positions(id);
    const { k } = metricRef(id);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.constantFrom(1, 0.5), { minLength: 1, maxLength: 4 }),
        (others, gains) => {
          const candidates = gains.length + (others - 1);
          const scores = Array.from({ length: candidates }, (_, i) => -i);
          const values = new Set<string>();
          // Every placement of the relevant items among the ranks.
          const place = (at: readonly number[]) => {
            if (at.length === gains.length) {
              const value = metric.evaluate(relevantItems(scores, at, gains), k);
              values.add(value.toFixed(12));
              return;
            }
            for (let i = 0; i < candidates; i++) if (!at.includes(i)) place([...at, i]);
          };
          place([]);
          expect(metric.canMove(gains, candidates, k)).toBe(values.size > 1);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('GAUC’s value belongs to the positives of its pairs', () => {
  const { metric } = metricRef('gauc');
  const inputs = rowInputs({
    scores: [3, 2, 1, 5, 4, 4, 1],
    label: [1, 0, 0, 0, 1, 1, 0],
    weight: [1, 2, 1, 1, 1, 3, 1],
    cell: [0, 0, 0, 1, 1, 1, 1],
    cells: 2,
  });
  const { value, credit } = (metric as GroupedMetric).evaluate(inputs);
  expectNear(credit[0]!, value[0]!, 'one positive owns it all', 1e-14);
  expectNear(credit[4]! + credit[5]!, value[1]!, 'two share it', 1e-14);
  // Each beats the negative of weight 1 below it, of two: by weight 1 and 3 of 4.
  expectNear(credit[5]!, 0.75 * 0.5, 'by weight', 1e-14);
  expect([credit[1], credit[2], credit[3], credit[6]]).toEqual([0, 0, 0, 0]);
});
