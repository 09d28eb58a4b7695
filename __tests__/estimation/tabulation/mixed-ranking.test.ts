/** The mixed index against brute force: versions drawn item by item, lists sorted, metrics averaged. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../../src/estimation/tabulation/metric-table.js';
import { hash32 } from '../../../src/lib/hash.js';
import { cellOf, coded, evalSetOf, tabulation } from '../../fixtures/metrics.js';
import { generator } from '../../support/random.js';

const QUERIES = 60;
const CANDIDATES = 40;
const HISTOGRAM = [0.5, 0.3, 0.2];
const METRICS = ['recall@5', 'ndcg@5', 'gauc', 'hit@1', 'mrr'];

/** Queries with 40 candidates each out of 300 items, 6 of them relevant and better scored. */
function setting() {
  const random = generator(3);
  const query: string[] = [];
  const item: string[] = [];
  const label: number[] = [];
  const score: number[] = [];
  for (let q = 0; q < QUERIES; q++) {
    const offset = random.int(300);
    for (let c = 0; c < CANDIDATES; c++) {
      query.push(`q${q}`);
      item.push(`i${(offset + c * 7) % 300}`);
      label.push(c < 6 ? 1 : 0);
      score.push(random.normal() + (c < 6 ? 1.5 : 0));
    }
  }
  return { evalSet: evalSetOf({ query: coded(query), item: coded(item), label }), score, random };
}

/** Scores at distances 0, 1 and 2 under a mechanism of drift. */
const MECHANISMS: Record<string, (score: number[], noise: () => number) => number[][]> = {
  'an offset per version': (score) => [0, 0.6, 1.2].map((shift) => score.map((s) => s + shift)),
  'a growing norm': (score) => [1, 1.25, 1.6].map((scale) => score.map((s) => s * scale)),
  'independent noise': (score, noise) => [0, 1, 2].map((sd) => score.map((s) => s + sd * noise())),
  'a rotation, which keeps the spread': (score, noise) =>
    [0, 0.7, 1.4].map((turn) => score.map((s) => Math.cos(turn) * s + Math.sin(turn) * noise())),
  'many ties': (score) => [0, 0.5, 1].map((shift) => score.map((s) => Math.round(s + shift))),
};

const states = (histogram: readonly number[], rows: number, mixedIndex: boolean): State[] => [
  { parts: [{ column: 0 }] },
  {
    parts: histogram.map((mass, column) => ({
      column,
      mass: { histogram: new Int32Array(rows), mass: Float64Array.of(mass) },
    })),
    ...(mixedIndex ? { mixedIndex: {} } : {}),
  },
];

function versionOf(u: number): number {
  return u < HISTOGRAM[0]! ? 0 : u < HISTOGRAM[0]! + HISTOGRAM[1]! ? 1 : 2;
}

/** One draw of versions: every metric's mean over queries, by plain sorting. Ties are broken at random. `version`: that of a row, drawn anew where it is not given. */
function draw(
  scores: number[][],
  random: ReturnType<typeof generator>,
  version: (row: number) => number = () => versionOf(random.uniform()),
): number[] {
  const totals = METRICS.map(() => 0);
  for (let q = 0; q < QUERIES; q++) {
    const list = Array.from({ length: CANDIDATES }, (_, c) => {
      return {
        relevant: c < 6,
        score: scores[version(q * CANDIDATES + c)]![q * CANDIDATES + c]!,
        tie: random.uniform(),
      };
    }).sort((a, b) => b.score - a.score || a.tie - b.tie);
    const ranks = list.flatMap(({ relevant }, i) => (relevant ? [i + 1] : []));
    const within = ranks.filter((rank) => rank <= 5);
    const ideal = [1, 2, 3, 4, 5].reduce((sum, rank) => sum + 1 / Math.log2(1 + rank), 0);
    const pairs = ranks.reduce((sum, rank, i) => sum + (CANDIDATES - rank - (5 - i)), 0);
    totals[0]! += within.length / 6;
    totals[1]! += within.reduce((sum, rank) => sum + 1 / Math.log2(1 + rank), 0) / ideal;
    totals[2]! += pairs / (6 * (CANDIDATES - 6));
    totals[3]! += ranks[0] === 1 ? 1 : 0;
    totals[4]! += 1 / ranks[0]!;
  }
  return totals.map((total) => total / QUERIES);
}

describe.each(Object.entries(MECHANISMS))('a mixed index under %s', (_, mechanism) => {
  const { evalSet, score, random } = setting();
  const scores = mechanism(score, () => random.normal());
  const { tab } = tabulation(evalSet, scores, { metrics: METRICS, states: states(HISTOGRAM, evalSet.rows, true) });
  const draws = Array.from({ length: 1500 }, () => draw(scores, random));

  test.each([...METRICS.entries()])('%i: %s is the mean over brute-force draws, within its error', (m, metric) => {
    const values = draws.map((d) => d[m]!);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1));
    const realisation = tab.realisation(metric, 0, 1);
    // Exact expectations carry the error of the draws alone; hashed ones their own too.
    const error = Math.hypot(sd / Math.sqrt(values.length), (realisation ?? 0) / Math.sqrt(32));
    expect(Math.abs(tab.value(metric, 0, 1) - mean)).toBeLessThan(4 * error);
    expect(realisation === undefined).toBe(!['hit@1', 'mrr'].includes(metric));
  });
});

describe.each(['an offset per version', 'independent noise'])(
  'an index whose shards roll one by one under %s',
  (name) => {
    const SHARDS = 6;
    const { evalSet, score, random } = setting();
    const scores = MECHANISMS[name]!(score, () => random.normal());
    const [zero, mixed] = states(HISTOGRAM, evalSet.rows, true);
    const { tab } = tabulation(evalSet, scores, {
      metrics: METRICS,
      states: [zero!, { ...mixed!, mixedIndex: { shards: SHARDS } }],
    });
    const shardOf = Array.from(evalSet.item.codes, (code) => hash32(`shard\u0000${evalSet.item.names[code]}`) % SHARDS);
    const draws = Array.from({ length: 1500 }, () => {
      const versions = Array.from({ length: SHARDS }, () => versionOf(random.uniform()));
      return draw(scores, random, (row) => versions[shardOf[row]!]!);
    });

    test.each([...METRICS.entries()])('%i: %s is the mean over brute-force draws, within its error', (m, metric) => {
      const values = draws.map((d) => d[m]!);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1));
      const realisation = tab.realisation(metric, 0, 1)!;
      expect(Math.abs(tab.value(metric, 0, 1) - mean)).toBeLessThan(
        4 * Math.hypot(sd / Math.sqrt(values.length), realisation / Math.sqrt(128)),
      );
      // Both say how far one roll of the shards is from the next.
      expect(realisation / sd).toBeGreaterThan(0.75);
      expect(realisation / sd).toBeLessThan(1.3);
    });
  },
);

describe('a mixed index', () => {
  test('can be broken where every pure version is as good as the aligned one', () => {
    const { evalSet, score } = setting();
    const scores = MECHANISMS['an offset per version']!(score, () => 0);
    const { tab } = tabulation(evalSet, scores, {
      metrics: ['recall@5'],
      states: [
        ...scores.map((_, column): State => ({ parts: [{ column }] })),
        ...states(HISTOGRAM, evalSet.rows, true).slice(1),
      ],
    });
    const [zero, one, two, mixed] = [0, 1, 2, 3].map((state) => tab.value('recall@5', 0, state));
    expect(one).toBe(zero);
    expect(two).toBe(zero);
    expect(mixed!).toBeLessThan(0.95 * zero!);
  });

  test.each(METRICS)('of one version alone has the pure value of %s, ties included', (metric) => {
    const { evalSet, score } = setting();
    const scores = MECHANISMS['many ties']!(score, () => 0);
    const { tab } = tabulation(evalSet, scores, {
      metrics: [metric],
      states: [
        { parts: [{ column: 0 }] },
        { parts: [{ column: 2 }] },
        ...states([0, 0, 1], evalSet.rows, true).slice(1),
      ],
    });
    expect(tab.value(metric, 0, 2)).toBeCloseTo(tab.value(metric, 0, 1), 12);
  });

  test.each(['hit@1', 'mrr'])(
    '%s varies from one assignment to the next where versions differ, and nowhere else',
    (metric) => {
      const { evalSet, score } = setting();
      // A third of the queries, whose candidates score the same at every version.
      const still = (row: number) => Math.floor(row / CANDIDATES) % 3 === 0;
      const tier = coded(score.map((_, row) => (still(row) ? 'still' : 'moved')));
      const scores = MECHANISMS['an offset per version']!(score, () => 0).map((list) =>
        list.map((s, row) => (still(row) ? score[row]! : s)),
      );
      const { tab, cells } = tabulation({ ...evalSet, slices: new Map([['tier', tier]]) }, scores, {
        metrics: [metric],
        states: states(HISTOGRAM, evalSet.rows, true),
      });
      const sd = (name?: string) => tab.realisation(metric, name ? cellOf(cells, { tier: name }) : 0, 1)!;
      // Rounding of the same mean, summed up.
      expect(sd('still')).toBeLessThan(1e-12);
      expect(sd('moved')).toBeGreaterThan(0.01);
      // The mean over all queries moves by the two thirds of them that do.
      expect(sd()).toBeCloseTo((2 / 3) * sd('moved'), 12);
    },
  );

  test('under mix: per_request is the average of pure versions', () => {
    const { evalSet, score, random } = setting();
    const scores = MECHANISMS['independent noise']!(score, () => random.normal());
    const pure = scores.map((_, column): State => ({ parts: [{ column }] }));
    const { tab } = tabulation(evalSet, scores, {
      metrics: ['recall@5'],
      states: [...pure, ...states(HISTOGRAM, evalSet.rows, false).slice(1)],
    });
    const average = HISTOGRAM.reduce((sum, mass, k) => sum + mass * tab.value('recall@5', 0, k), 0);
    expect(tab.value('recall@5', 0, 3)).toBeCloseTo(average, 12);
  });
});
