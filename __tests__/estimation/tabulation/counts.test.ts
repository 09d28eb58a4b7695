/** What a cell counts, and what a metric rests on. */
import { describe, expect, test } from 'vitest';
import { spelled } from '../../../src/checks/reason-words.js';
import type { Link } from '../../../src/documents/release/release.js';
import { DataError } from '../../../src/errors.js';
import { judge, unjudgeable } from '../../../src/estimation/statistics/noninferiority.js';
import { cellOf, coded, evalSetOf, expectNear, tabulation } from '../../fixtures/metrics.js';

describe('counts', () => {
  const evalSet = evalSetOf({
    query: coded(['a', 'a', 'a', 'b', 'b']),
    item: coded(['v', 'w', 'x', 'y', 'z']),
    label: [1, 0, 0.25, 0, 1],
    weight: [2, 1, 4, 3, 0],
  });
  const { tab } = tabulation(evalSet, [[5, 4, 3, 2, 1]], { metrics: ['log_loss', 'recall@1'] });

  test('are of rows, of rows with a label above 0, and of the weight of either class', () => {
    // 2·1 + 4·¼, and 1 + 4·¾ + 3.
    expect(tab.countsOf(0)).toMatchObject({ rows: 5, positives: 3, mass: { positive: 3, negative: 7 } });
  });

  test('are evidence where they have a weight', () => {
    expect(tab.evidence('log_loss', 0)).toEqual({
      positives: 2,
      queryClusters: (7 + 3) ** 2 / (7 ** 2 + 3 ** 2),
      itemClusters: 10 ** 2 / (2 ** 2 + 1 + 4 ** 2 + 3 ** 2),
    });
  });

  test('of a ranking are those of its informative queries', () => {
    // Query b counts too, and ranks 1 of 2; c cannot move, d has nothing relevant.
    const more = evalSetOf({
      query: coded(['a', 'a', 'a', 'b', 'b', 'c', 'd', 'd']),
      item: coded(['v', 'w', 'x', 'y', 'z', 'v', 'v', 'w']),
      label: [1, 1, 0, 0, 1, 1, 0, 0],
    });
    const ranked = tabulation(more, [[5, 4, 3, 2, 1, 0, 0, 0]], { metrics: ['recall@1', 'mrr'] }).tab;
    for (const metric of ['recall@1', 'mrr'])
      expect(ranked.ranking(metric, 0)).toMatchObject({ counted: 3, queries: 2, positives: 3, queryClusters: 2 });
    expect(ranked.ranking('recall@1', 0)!.itemClusters).toBeCloseTo((0.5 + 0.5 + 1) ** 2 / (0.25 + 0.25 + 1), 12);
  });
});

describe('queries', () => {
  const rows = {
    query: coded(['a', 'a', 'a', 'b', 'b', 'c']),
    item: coded(['x', 'y', 'z', 'x', 'y', 'z']),
    label: [1, 0, 0, 0, 1, 0],
  };
  const scores = [[3, 2, 1, 3, 2, 1]];

  test('without a relevant row do not count, and the others count 1', () => {
    const { tab } = tabulation(evalSetOf({ ...rows, weight: [1, 1, 1, 9, 9, 1] }), scores, { metrics: ['mrr'] });
    expect(tab.value('mrr', 0, 0)).toBe(0.75);
  });

  test('count with their rows’ weight where the policy says so', () => {
    const { tab } = tabulation(evalSetOf({ ...rows, weight: [1, 1, 1, 9, 9, 1] }), scores, {
      metrics: ['mrr'],
      weightQueries: true,
    });
    expectNear(tab.value('mrr', 0, 0), (3 * 1 + 18 * 0.5) / 21, 'mrr', 1e-15);
  });

  test('are ranked among all their rows also where a slice holds a few of them', () => {
    const slices = { kind: coded(['s', 't', 't', 't', 's', 't']) };
    const { tab, cells } = tabulation(evalSetOf({ ...rows, slices }), scores, { metrics: ['mrr', 'recall@1'] });
    expect(tab.value('mrr', cellOf(cells, { kind: 's' }), 0)).toBe(0.75);
    expect(tab.value('recall@1', cellOf(cells, { kind: 's' }), 0)).toBe(0.5);
    expect(tab.value('mrr', cellOf(cells, { kind: 't' }), 0)).toBeNaN();
  });

  test('that stand in two clusters are refused by name, for metrics of queries alone', () => {
    const cluster = coded(['u', 'u', 'v', 'u', 'u', 'u']);
    const evalSet = evalSetOf({ ...rows, cluster });
    expect(() => tabulation(evalSet, scores, { metrics: ['mrr'] })).toThrow(DataError);
    expect(() => tabulation(evalSet, scores, { metrics: ['mrr'] })).toThrow(
      /query "a" in clusters "u" and "v" \(row 3\)/,
    );
    expect(() => tabulation(evalSet, scores, { metrics: ['roc_auc'] })).not.toThrow();
  });
});

describe('predictions that are no probabilities', () => {
  const evalSet = evalSetOf({
    query: coded(['a', 'a', 'b']),
    item: coded(['x', 'y', 'z']),
    label: [1, 0, 1],
  });
  const run = (scores: number[], metrics: string[], link: Link = 'identity') =>
    tabulation(evalSet, [scores], { metrics, link }).tab;

  test('are refused with the row, for metrics of probabilities', () => {
    expect(() => run([0.2, 1.5, 0.1], ['log_loss'])).toThrow(/prediction 1\.5 of query "a" and item "y".*log_loss/);
    expect(() => run([0.2, 0.5, -0.1], ['ece'])).toThrow(/prediction -0\.1 of query "b" and item "z".*ece/);
  });

  test('serve metrics of rankings', () => {
    expect(run([2, 1.5, -3], ['roc_auc', 'mrr']).value('roc_auc', 0, 0)).toBe(0.5);
  });

  test('are refused where the log loss would rest on clipping', () => {
    expect(() => run([0, 0.5, 0.5], ['log_loss'])).toThrow(/1 of 3 predictions within 1e-7 of 0 or 1/);
    expect(() => run([0, 0.5, 0.5], ['brier'])).not.toThrow();
    expect(() => run([1, 0, 0.5], ['log_loss'])).not.toThrow();
  });

  test('cannot come from a sigmoid, however large its logit', () => {
    const tab = run([800, -800, -700], ['log_loss', 'ece'], 'sigmoid');
    expectNear(tab.value('log_loss', 0, 0), 700 / 3, 'log loss', 1e-14);
  });
});

describe('evidence that a metric rests on', () => {
  test('a ranking metric that rests on one query alone is not judged, however many rows and clusters surround it', () => {
    // 150 positives, all of one query; 60 other queries without a positive. The mean over one query has no spread to learn
    // from, which must not read as an exact value.
    const query = [...new Array(300).fill('big'), ...Array.from({ length: 120 }, (_, r) => `q${r % 60}`)];
    const item = query.map((_, r) => `i${r}`);
    const label = query.map((_, r) => (r < 150 ? 1 : 0));
    const now = query.map((_, r) => ((r * 37) % 101) / 10 + (r < 150 ? 3 : 0));
    const stale = query.map((_, r) => ((r * 53) % 103) / 10 + (r < 150 ? 2.9 : 0));
    const evalSet = evalSetOf({ query: coded(query), item: coded(item), label });
    for (const metric of ['mrr', 'gauc', 'ndcg@100']) {
      const { tab } = tabulation(evalSet, [now, stale], { metrics: [metric] });
      const change = tab.change(metric, 0, 1, true);
      const open = unjudgeable(change, tab.evidence(metric, 0), 0, 0.005);
      const verdict = open === undefined ? judge(change, { lower: -0.5 }, 0.95, true).verdict : 'inconclusive';
      expect({ metric, verdict }).toEqual({ metric, verdict: 'inconclusive' });
    }
  });

  test('rows of weight 0 are no positives that a floor could be met by', () => {
    const n = 400;
    const query = Array.from({ length: n }, (_, r) => `q${r % 100}`);
    const item = Array.from({ length: n }, (_, r) => `i${r}`);
    const label = Array.from({ length: n }, (_, r) => (r < 200 ? 1 : 0));
    const weight = label.map((y, r) => (y === 1 && r > 4 ? 0 : 1));
    const evalSet = evalSetOf({ query: coded(query), item: coded(item), label, weight });
    const { tab } = tabulation(evalSet, [label.map((_, r) => (r % 13) / 13)], { metrics: ['log_loss'] });
    expect(spelled(unjudgeable(tab.level('log_loss', 0, 0), tab.evidence('log_loss', 0), 0, 0.005)!)).toMatch(
      /too few positives/,
    );
  });
});
