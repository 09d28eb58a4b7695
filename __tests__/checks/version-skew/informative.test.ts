/** Which queries a ranking metric can learn from, and which sums no model can move: known from the eval set alone. */

import { describe, expect, test } from 'vitest';
import { spelled } from '../../../src/checks/reason-words.js';
import {
  cannotMove,
  dilution,
  fixedPredictions,
  informativeNotices,
  informativeQueries,
} from '../../../src/checks/version-skew/informative.js';
import { buildCells } from '../../../src/data/evalset/cells.js';
import type { EvalSet } from '../../../src/data/evalset/evalset.js';
import type { PositionMetric } from '../../../src/estimation/metrics/metric.js';
import { cellOf, coded, evalSetOf, metricRef } from '../../fixtures/metrics.js';

/** Queries by the labels of their rows. */
function queries(labels: readonly (readonly number[])[], weight?: (q: number, n: number) => number): EvalSet {
  const rows = labels.flatMap((list, q) => list.map((label, n) => ({ q, n, label })));
  return evalSetOf({
    query: coded(rows.map(({ q }) => q)),
    item: coded(rows.map(({ q, n }) => `i${q}-${n}`)),
    label: rows.map(({ label }) => label),
    weight: rows.map(({ q, n }) => weight?.(q, n) ?? 1),
  });
}

const asked = (evalSet: EvalSet, id: string, candidates?: number) => {
  const { metric, k } = metricRef(id);
  return informativeQueries(evalSet, metric as PositionMetric, k, candidates);
};

describe('queries that could have another value', () => {
  const evalSet = queries([
    [1, 0, 0],
    [1, 1],
    [0, 0, 0],
    [1, 0],
  ]);

  test('are those with both kinds of candidates, among those with a relevant one', () => {
    expect(asked(evalSet, 'mrr')).toEqual({ counted: 3, queries: 2 });
  });

  test('have more candidates than the cut-off', () => {
    expect(asked(evalSet, 'hit@2')).toEqual({ counted: 3, queries: 1 });
    expect(asked(evalSet, 'hit@1')).toEqual({ counted: 3, queries: 2 });
    expect(asked(evalSet, 'hit@3')).toEqual({ counted: 3, queries: 0 });
  });

  test('are all with a relevant item, over a catalogue that holds others', () => {
    expect(asked(evalSet, 'hit@3', 50)).toEqual({ counted: 3, queries: 3 });
    expect(asked(evalSet, 'hit@3', 3)).toEqual({ counted: 3, queries: 0 });
  });
});

describe('validate says of an eval set', () => {
  const notices = (evalSet: EvalSet, ids: readonly string[], catalogue = false) =>
    informativeNotices(evalSet, { metrics: ids.map(metricRef), positions: true, crosses: [], notices: [] }, catalogue);
  const relevantAlone = queries([[1, 1], [1], [0, 0]]);

  test('that a ranking cannot move in it', () => {
    expect(notices(relevantAlone, ['mrr', 'log_loss', 'gauc'])).toEqual([
      'mrr cannot move: in none of 2 queries is there a candidate that is not relevant, so that mrr is the same for every model; rank over the catalogue (candidates: full): its rules will stay inconclusive.',
    ]);
    expect(notices(queries([[1, 0]]), ['hit@5'])).toEqual([
      'hit@5 cannot move: in none of 1 query do more than 5 candidates compete, with enough that are not relevant, so that hit@5 is the same for every model; rank over the catalogue (candidates: full), or take a smaller K: its rules will stay inconclusive.',
    ]);
  });

  test('that fewer than half of its queries can', () => {
    const moving = (many: number) =>
      queries([...Array.from({ length: many }, () => [1, 0]), ...Array.from({ length: 10 - many }, () => [1])]);
    expect(notices(moving(4), ['mrr'])).toEqual([
      'mrr on all rows: 4 of 10 queries could have another value (40 %); the others dilute every change.',
    ]);
    expect(notices(moving(5), ['mrr'])).toEqual([]);
  });

  test('nothing, over a catalogue in which its items compete, or where no query counts', () => {
    expect(notices(queries([[1, 1, 1], [1], [1]]), ['mrr'], true)).toEqual([]);
    expect(notices(queries([[0, 0]]), ['mrr'])).toEqual([]);
  });

  test('that average precision cannot move over positives alone, by their weight', () => {
    expect(notices(queries([[1, 1], [1]]), ['average_precision', 'roc_auc'])).toEqual([
      expect.stringMatching(
        /^average_precision cannot move: every row is positive.*: its rules will stay inconclusive\.$/,
      ),
    ]);
    expect(
      notices(
        queries([[1, 0]], (_, n) => (n === 0 ? 1 : 0)),
        ['average_precision'],
      ).length,
    ).toBe(1);
    expect(notices(queries([[1, 0], [1]]), ['average_precision'])).toEqual([]);
    expect(notices(queries([[1, 0.5]]), ['average_precision'])).toEqual([]);
  });
});

test('a share of queries is shown in whole percents', () => {
  expect(dilution('recall@10', 'tier=a', 1234, 4000)).toBe(
    'recall@10 on tier=a: 1,234 of 4,000 queries could have another value (31 %); the others dilute every change.',
  );
  expect(spelled(cannotMove(metricRef('mrr'), 1))).toMatch(/^cannot move: in none of 1 query is there/);
});

describe('the sum of the predictions is fixed', () => {
  const fixed = (weight: readonly number[], link: 'softmax' | 'sigmoid' = 'softmax') => {
    const evalSet = evalSetOf({
      query: coded(['a', 'a', 'b', 'b', 'c']),
      item: coded(['x', 'y', 'x', 'y', 'x']),
      label: [1, 0, 1, 0, 1],
      weight,
      slices: { tier: coded(['s', 's', 't', 'u', 'u']) },
    });
    const cells = buildCells(evalSet, []);
    const found = fixedPredictions(evalSet, cells, link);
    return Object.fromEntries(
      ['s', 't', 'u'].map((tier) => [tier, found[cellOf(cells, { tier })]]).concat([['all', found[0]]]),
    );
  };

  test('under a softmax alone, in cells of whole queries with one weight each', () => {
    expect(fixed([1, 1, 2, 2, 3])).toEqual({ all: 1, s: 1, t: 0, u: 0 });
    expect(fixed([1, 1, 2, 2.5, 3])).toEqual({ all: 0, s: 1, t: 0, u: 0 });
    expect(fixed([1, 4, 2, 2, 3])).toEqual({ all: 0, s: 0, t: 0, u: 0 });
    expect(fixed([1, 1, 2, 2, 3], 'sigmoid')).toEqual({ all: 0, s: 0, t: 0, u: 0 });
  });
});
