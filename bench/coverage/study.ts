/** Samples of a scenario, seen by the product and by estimators that see less. */

import { Random } from '../../__tests__/support/xoshiro.js';
import { buildCells } from '../../src/data/evalset/cells.js';
import type { EvalSet, FeatureTable } from '../../src/data/evalset/evalset.js';
import { findMetric, type MetricRef } from '../../src/estimation/metrics/registry.js';
import { areaUnderCurve } from '../../src/estimation/metrics/roc-auc.js';
import { type Estimate, keeps, unjudgeable, violationPValue } from '../../src/estimation/statistics/noninferiority.js';
import { Tabulation } from '../../src/estimation/tabulation/tabulate.js';
import { present } from '../../src/lib/lookup.js';
import { sigmoid } from '../../src/models/scores/link.js';
import type { Positions } from '../../src/models/scores/ranks.js';
import type { ScoreColumn, Sweep } from '../../src/models/scores/sweep.js';
import { drawOf, isRankingScenario, OTHERS, type Sample, type Scenario, simulate } from './scenarios.js';
import { othersAbove } from './truth.js';

export const CONFIDENCE = 0.95;
export const ESTIMATORS = ['rows', 'query clusters', 'exact two-way', 'skewgate'] as const;
export type Estimator = (typeof ESTIMATORS)[number];

/** Rates over the runs. */
export interface Tally {
  readonly scenario: string;
  readonly margin: number;
  readonly pass: Record<Estimator, number>;
  readonly fail: Record<Estimator, number>;
  /** Passes where the truth is two true standard errors inside the margin. */
  readonly power: Record<Estimator, number>;
  /** Runs that the product's floors keep from being judged. */
  readonly open: number;
  /** Means over the runs. */
  readonly rows: number;
  readonly queryClusters: number;
  readonly itemClusters: number;
  readonly value: number;
}

function metricNamed(id: string): MetricRef {
  return present(findMetric(id), `metric ${id}`);
}

/**
 * @param index the scenario's number: every run has a seed of its own, so that shorter studies are the first runs of
 * longer ones
 */
export function study(scenario: Scenario, index: number, runs: number, seed: number, margin: number): Tally {
  const draw = drawOf(scenario);
  const estimates: Record<Estimator, Estimate[]> = {
    rows: [],
    'query clusters': [],
    'exact two-way': [],
    skewgate: [],
  };
  const judged: boolean[] = [];
  let [rows, queryClusters, itemClusters] = [0, 0, 0];
  for (let run = 0; run < runs; run++) {
    // Every run has a seed of its own, so that a scenario's samples do not depend on the others'.
    const sample = simulate(scenario, draw, new Random(seed + 1_000_003 * index + run));
    const tabulation = tabulate(scenario, sample, `${run}/`);
    const { metric } = scenario;
    const change = tabulation.change(metric, 0, 1, true);
    // A loss is a positive change, whichever way the metric points.
    const better = metricNamed(metric).metric.better;
    const product = better === 'higher' ? { ...change, value: -change.value } : change;
    const evidence = tabulation.evidence(metric, 0);
    const exact = new Exact(scenario, sample);
    if (exact.value !== undefined && Math.abs(product.value - exact.value) > 1e-9 * Math.max(1, Math.abs(exact.value)))
      throw new Error('the product and the simulation disagree');
    judged.push(unjudgeable(product, evidence, 0, 0) === undefined);
    estimates.skewgate.push(product);
    estimates.rows.push(exact.byRow(product.value));
    estimates['query clusters'].push(exact.byQuery(product.value));
    estimates['exact two-way'].push(exact.twoWay(product.value));
    rows += sample.rows / runs;
    queryClusters += evidence.queryClusters / runs;
    itemClusters += evidence.itemClusters / runs;
  }
  const values = estimates.skewgate.map(({ value }) => value);
  const mean = values.reduce((sum, v) => sum + v, 0) / runs;
  const sd = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (runs - 1));
  const rate = (of: (estimate: Estimate) => boolean) =>
    Object.fromEntries(
      ESTIMATORS.map((name) => [
        name,
        estimates[name].filter((estimate, i) => (name !== 'skewgate' || judged[i]) && of(estimate)).length / runs,
      ]),
    ) as Record<Estimator, number>;
  return {
    scenario: scenario.name,
    margin,
    pass: rate((estimate) => keeps(estimate, { upper: margin }, CONFIDENCE)),
    fail: rate((estimate) => violationPValue(estimate, { upper: margin }) <= 1 - CONFIDENCE),
    power: rate((estimate) => keeps(estimate, { upper: margin + 2 * sd }, CONFIDENCE)),
    open: judged.filter((known) => !known).length / runs,
    rows,
    queryClusters,
    itemClusters,
    value: mean,
  };
}

/** The sample as the product sees it; `prefix` goes before every id, so that another prefix is another hash. */
function asEvalSet(sample: Sample, prefix: string, everyRowAQuery: boolean): EvalSet {
  const { rows, label, weight } = sample;
  const coded = (codes: Int32Array, side: string) => ({
    codes,
    names: Array.from(
      { length: codes.reduce((most, code) => Math.max(most, code), 0) + 1 },
      (_, i) => `${prefix}${side}${i}`,
    ),
  });
  const cluster = coded(sample.query, 'q');
  const query = everyRowAQuery
    ? coded(
        Int32Array.from({ length: rows }, (_, r) => r),
        'r',
      )
    : cluster;
  const item = coded(sample.item, 'i');
  const features = (side: 'query' | 'item'): FeatureTable => ({
    side,
    table: { file: 'simulated', rows, columnNames: [], columns: new Map() },
    tableRow: new Int32Array(rows),
    ids: side === 'query' ? query : item,
    ownTable: false,
  });
  return {
    rows,
    positives: label.reduce((sum, y) => sum + y, 0),
    query,
    item,
    cluster,
    label,
    weight,
    slices: new Map(),
    features: { query: features('query'), item: features('item') },
    sha256: {},
  };
}

function tabulate(scenario: Scenario, sample: Sample, prefix: string): Tabulation {
  const ranking = isRankingScenario(scenario);
  const evalSet = asEvalSet(sample, prefix, ranking && scenario.relevant === 1);
  const column = (scores: Float64Array, item: number): ScoreColumn => ({
    query: 0,
    item,
    scores,
    link: 'sigmoid',
    ...(ranking ? { positions: positionsOf(scores, evalSet) } : {}),
  });
  const sweep: Sweep = {
    distances: [0, 1],
    columns: [column(sample.aligned, 0), column(sample.stale, 1)],
    current: new Map([
      [0, 0],
      [1, 1],
    ]),
    alignedOld: new Map(),
    anchors: [],
    drift: new Map(),
    alike: [],
    notices: [],
    positiveRows: ranking ? Int32Array.from({ length: sample.rows }, (_, r) => r) : new Int32Array(0),
    embedded: { query: evalSet.query.names.length, item: OTHERS + 10 },
  };
  return new Tabulation({
    evalSet,
    sweep,
    cells: buildCells(evalSet, []),
    metrics: [metricNamed(scenario.metric)],
    states: [{ parts: [{ column: 0 }] }, { parts: [{ column: 1 }] }],
    aligned: 0,
    weightQueries: false,
    distinctItems: ranking,
  });
}

/** Irrelevant candidates above each relevant item, and the relevant ones of its query. */
function positionsOf(scores: Float64Array, { query }: EvalSet): Positions {
  const above = Int32Array.from(scores, othersAbove);
  const rowsOf = new Map<number, number[]>();
  for (let r = 0; r < scores.length; r++) {
    const list = rowsOf.get(query.codes[r]!);
    if (list) list.push(r);
    else rowsOf.set(query.codes[r]!, [r]);
  }
  for (const rows of rowsOf.values())
    if (rows.length > 1)
      for (const [i, r] of rows.toSorted((a, b) => scores[b]! - scores[a]!).entries()) above[r]! += i;
  return { above, tied: new Int32Array(scores.length).fill(1) };
}

/**
 * The same statistic row by row, with each row's influence and its share of the denominator; of a ranking with several
 * relevant items, of the whole query alone.
 */
class Exact {
  readonly value: number | undefined;
  private readonly influence: Float64Array;
  private readonly share: Float64Array;

  constructor(
    scenario: Scenario,
    private readonly sample: Sample,
  ) {
    const { rows, label, weight, aligned, stale } = sample;
    this.influence = new Float64Array(rows);
    this.share = new Float64Array(rows);
    if (scenario.metric === 'roc_auc') {
      const auc = (scores: Float64Array) =>
        areaUnderCurve({
          parts: [{ scores, weight, prediction: (r) => scores[r]! }],
          label,
          cell: new Int32Array(rows),
          cells: 1,
        });
      const [a, b] = [auc(aligned), auc(stale)];
      const [a0, a1] = [a.value[0]!, b.value[0]!];
      this.value = 1 - a1 / a0;
      for (let r = 0; r < rows; r++) {
        this.influence[r] = -(b.influence[r]! / a0 - (a1 / a0 ** 2) * a.influence[r]!);
        this.share[r] = 1 / rows;
      }
      return;
    }
    if (isRankingScenario(scenario) && scenario.relevant !== 1) {
      this.value = undefined;
      return;
    }
    const softplus = (z: number) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    const gain = (score: number) => {
      const above = othersAbove(score);
      return above < 10 ? 1 / Math.log2(above + 2) : 0;
    };
    const quantity = (score: number, r: number) =>
      isRankingScenario(scenario)
        ? gain(score)
        : scenario.metric === 'calibration'
          ? sigmoid(score)
          : softplus(score) - label[r]! * score;
    const sign = isRankingScenario(scenario) ? -1 : 1;
    let zero = 0;
    let change = 0;
    for (let r = 0; r < rows; r++) {
      this.share[r] = weight[r]! * quantity(aligned[r]!, r);
      this.influence[r] = sign * weight[r]! * (quantity(stale[r]!, r) - quantity(aligned[r]!, r));
      zero += this.share[r]!;
      change += this.influence[r]!;
    }
    this.value = change / zero;
    for (let r = 0; r < rows; r++) this.influence[r] = (this.influence[r]! - this.value * this.share[r]!) / zero;
  }

  byRow(value: number): Estimate {
    return this.estimate(value, this.rowVariance(), this.sample.rows - 1);
  }

  byQuery(value: number): Estimate {
    const { variance, effective } = this.clusters(this.sample.query);
    return this.estimate(value, variance, effective - 1);
  }

  /** Cameron, Gelbach & Miller on the clusters themselves; every (query, item) pair is one row. */
  twoWay(value: number): Estimate {
    const query = this.clusters(this.sample.query);
    const item = this.clusters(this.sample.item);
    const both = query.variance + item.variance - this.rowVariance();
    return this.estimate(
      value,
      Math.max(both, query.variance, item.variance),
      Math.min(query.effective, item.effective) - 1,
    );
  }

  private estimate(value: number, variance: number, df: number): Estimate {
    if (this.value === undefined) return { value, standardError: Number.NaN, df: 1 };
    return { value, standardError: Math.sqrt(variance), df };
  }

  private rowVariance(): number {
    return this.influence.reduce((sum, e) => sum + e * e, 0);
  }

  private clusters(codes: Int32Array): { variance: number; effective: number } {
    const size = codes.reduce((most, code) => Math.max(most, code), 0) + 1;
    const sums = new Float64Array(size);
    const shares = new Float64Array(size);
    for (let r = 0; r < codes.length; r++) {
      sums[codes[r]!]! += this.influence[r]!;
      shares[codes[r]!]! += this.share[r]!;
    }
    const occurring = shares.reduce((n, share) => n + (share > 0 ? 1 : 0), 0);
    const total = shares.reduce((sum, d) => sum + d, 0);
    const squares = shares.reduce((sum, d) => sum + d * d, 0);
    return {
      variance: (sums.reduce((sum, e) => sum + e * e, 0) * occurring) / (occurring - 1),
      effective: (total * total) / squares,
    };
  }
}

/** The variation of the standard error from hash to hash, on one sample: standard deviation over mean. */
export function hashSpread(scenario: Scenario, index: number, seed: number, hashes: number): number {
  const sample = simulate(scenario, drawOf(scenario), new Random(seed + 1_000_003 * index));
  const errors = Array.from(
    { length: hashes },
    (_, h) => tabulate(scenario, sample, `hash ${h}/`).change(scenario.metric, 0, 1, true).standardError,
  );
  const mean = errors.reduce((sum, x) => sum + x, 0) / hashes;
  return Math.sqrt(errors.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (hashes - 1)) / mean;
}
