import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GroupedMetric, PositionMetric } from '../../src/metrics/metric.js';
import { METRICS } from '../../src/metrics/registry.js';
import { noneWithin } from '../../src/metrics/ties.js';
import { expectNear, fixture, metricRef, relevantItems, rowInputs } from '../fixtures/metrics.js';

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
