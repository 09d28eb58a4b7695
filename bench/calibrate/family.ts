/** Simulated families of versions: score columns whose drift differs from version to version, and a policy on them. */

import type { Random } from '../../__tests__/support/xoshiro.js';
import type { VersionSkewEvidence } from '../../src/checks/version-skew/gather.js';
import { judgedCells } from '../../src/checks/version-skew/judged-cells.js';
import { planMetrics } from '../../src/checks/version-skew/plan.js';
import type { Side } from '../../src/data/checkpoints/checkpoint.js';
import type { EvalSet, FeatureTable } from '../../src/data/evalset/evalset.js';
import type { Rule, SkewPolicy } from '../../src/documents/policy/policy.js';
import type { Release, Tower } from '../../src/documents/release/release.js';
import { sigmoid } from '../../src/models/scores/link.js';
import type { ScoreColumn, Sweep } from '../../src/models/scores/sweep.js';

export interface Scenario {
  readonly name: string;
  readonly queries: number;
  readonly rows: number;
  readonly items: number;
  /** Standard deviation of a stale item's logit, usual, and that of its logarithm from version to version. */
  readonly drift: number;
  readonly varies: number;
  /** Share of versions that are bad, with three times the drift. */
  readonly bad?: number;
  /** Margins of log loss and of calibration over all rows and tiers. */
  readonly margin: number;
  readonly shift: number;
  /** Outside of the model. */
  readonly stress?: true;
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'noise of the rows alone',
    queries: 600,
    rows: 4000,
    items: 400,
    drift: 0.25,
    varies: 0,
    margin: 0.031,
    shift: 0.04,
  },
  {
    name: 'versions differ a little',
    queries: 600,
    rows: 4000,
    items: 400,
    drift: 0.25,
    varies: 0.15,
    margin: 0.034,
    shift: 0.042,
  },
  {
    name: 'versions differ much',
    queries: 600,
    rows: 4000,
    items: 400,
    drift: 0.25,
    varies: 0.4,
    margin: 0.05,
    shift: 0.05,
  },
  { name: 'few queries', queries: 400, rows: 2000, items: 200, drift: 0.25, varies: 0.2, margin: 0.046, shift: 0.062 },
  { name: 'wide margins', queries: 600, rows: 4000, items: 400, drift: 0.2, varies: 0.2, margin: 0.036, shift: 0.042 },
  {
    name: 'tight margins',
    queries: 600,
    rows: 4000,
    items: 400,
    drift: 0.25,
    varies: 0.2,
    margin: 0.025,
    shift: 0.03,
  },
  {
    name: 'one version of ten is bad',
    queries: 600,
    rows: 4000,
    items: 400,
    drift: 0.2,
    varies: 0.1,
    bad: 0.1,
    margin: 0.03,
    shift: 0.036,
    stress: true,
  },
];

const PLACE = { file: 'simulated' };
const CONFIDENCE = 0.95;

function rule(index: number, own: Pick<Rule, 'metric' | 'operator' | 'threshold' | 'relative'>): Rule {
  return {
    index,
    ...own,
    thresholdText: String(own.threshold),
    claim: 'checkpoint',
    at: [1],
    slices: [[], ['tier']],
    level: 'fail',
    ...{ place: PLACE, metricPlace: PLACE, atPlace: PLACE, slicesPlace: PLACE },
  };
}

export function policyOf({ margin, shift }: Scenario, anchors: number): SkewPolicy {
  return {
    ...{ path: 'simulated', sha256: '', name: 'simulated', requirePins: false, from: 'file', notices: [] },
    confidence: CONFIDENCE,
    onInconclusive: 'fail',
    diagnosis: [],
    gap: { metric: 'log_loss' },
    evalSet: {
      files: { rows: { path: 'rows', sha256: '', place: PLACE, digestPlace: PLACE } },
      columns: { query: 'q', item: 'i', label: 'y' },
      columnPlaces: new Map(),
      slices: ['tier'],
      candidates: 'logged',
      weightQueries: false,
      grades: 1,
    },
    versionSkew: {
      ...{ from: 0, to: 1, sweepPlace: PLACE, anchors, minCoverage: 1, onNoSkill: 'fail', thinSlices: 'fail' },
      allowIdenticalVersions: true,
      place: PLACE,
      rules: [
        rule(0, { metric: 'log_loss', operator: 'max_increase', threshold: margin, relative: true }),
        rule(1, { metric: 'calibration_shift', operator: 'max_change', threshold: shift, relative: true }),
      ],
      confidence: CONFIDENCE,
    },
  };
}

/** Rows drawn anew, with as many versions in the role of the live one as wanted, each drifted in its own way. */
export function evidenceOf(scenario: Scenario, anchors: number, random: Random): VersionSkewEvidence {
  const policy = policyOf(scenario, anchors);
  const plan = planMetrics(policy);
  const { rows, queries, items } = scenario;
  const query = Int32Array.from({ length: rows }, () => Math.floor(queries * random.uniform() ** 1.5));
  const item = Int32Array.from({ length: rows }, () => Math.floor(items * random.uniform() ** 2));
  const [ofQuery, ofItem] = [queries, items].map((count) =>
    Float64Array.from({ length: count }, () => random.normal()),
  );
  const logit = Float64Array.from(
    { length: rows },
    (_, r) => -0.7 + 0.6 * ofQuery![query[r]!]! + 0.6 * ofItem![item[r]!]! + 0.5 * random.normal(),
  );
  const label = logit.map((z) => (random.uniform() < sigmoid(z) ? 1 : 0));
  const columns: ScoreColumn[] = [];
  const anchorColumns: Map<number, number>[] = [];
  for (let a = 0; a < anchors; a++) {
    const size = driftOf(scenario, random);
    const moved = Float64Array.from({ length: items }, () => random.normal());
    const aligned = logit.map((z) => z + 0.05 * random.normal());
    const stale = aligned.map((z, r) => z + size * (0.8 * moved[item[r]!]! + 0.6 * random.normal()));
    const column = (scores: Float64Array, k: number): number =>
      columns.push({ query: a, item: a + k, scores, link: 'sigmoid' }) - 1;
    anchorColumns.push(
      new Map([
        [0, column(aligned, 0)],
        [1, column(stale, 1)],
      ]),
    );
  }
  const evalSet = evalSetOf(query, item, label, queries, items);
  const sweep: Sweep = {
    distances: [0, 1],
    columns,
    current: anchorColumns[0]!,
    alignedOld: new Map(),
    anchors: anchorColumns,
    drift: new Map(),
    positiveRows: new Int32Array(0),
    embedded: { query: queries, item: items },
    alike: [],
    notices: [],
  };
  const cells = judgedCells(policy, plan, evalSet);
  return {
    ...{ policy, plan, evalSet, sweep, release: RELEASE, coverage: [], production: undefined, compared: undefined },
    grid: { cells, mixes: undefined, distances: [0, 1] },
    towerNotices: [],
    scoreNotices: [],
  };
}

function driftOf({ drift, varies, bad = 0 }: Scenario, random: Random): number {
  return drift * Math.exp(varies * random.normal()) * (random.uniform() < bad ? 3 : 1);
}

function evalSetOf(query: Int32Array, item: Int32Array, label: Float64Array, queries: number, items: number): EvalSet {
  const rows = label.length;
  const coded = (codes: Int32Array, count: number, side: string) => ({
    codes,
    names: Array.from({ length: count }, (_, i) => `${side}${i}`),
  });
  const [byQuery, byItem] = [coded(query, queries, 'q'), coded(item, items, 'i')];
  const features = (side: Side): FeatureTable => ({
    side,
    table: { file: 'simulated', rows, columnNames: [], columns: new Map() },
    tableRow: new Int32Array(rows),
    ids: side === 'query' ? byQuery : byItem,
    ownTable: false,
  });
  return {
    ...{ rows, label, query: byQuery, item: byItem, cluster: byQuery, sha256: {} },
    positives: label.reduce((sum, y) => sum + y, 0),
    weight: new Float64Array(rows).fill(1),
    slices: new Map([['tier', { codes: query.map((q) => q % 3), names: ['a', 'b', 'c'] }]]),
    features: { query: features('query'), item: features('item') },
  };
}

const towerOf = (side: Side): Tower => ({
  ...{ side, inputs: new Map(), inputPlaces: new Map(), place: PLACE, outputPlace: PLACE, batchPlace: PLACE },
});

const RELEASE: Release = {
  ...{ path: 'simulated', folder: '.', sha256: '', name: 'simulated', live: 'v0', livePlace: PLACE },
  ...{ evidence: new Map(), pins: new Map(), notices: [], versions: ['v0'], chain: ['v0'] },
  towers: { query: towerOf('query'), item: towerOf('item') },
  checkpoints: { query: new Map(), item: new Map() },
  score: { similarity: 'dot', link: 'sigmoid', scale: () => 1, bias: () => 0, place: PLACE },
};
