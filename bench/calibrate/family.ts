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

/** How the versions of a family come to differ: all that the product does not know. */
export interface Family {
  readonly queries: number;
  readonly rows: number;
  readonly items: number;
  /** How unevenly rows fall on queries and items: the power of a uniform number; 1 is evenly. */
  readonly unevenQueries: number;
  readonly unevenItems: number;
  /** Standard deviation of a stale item's logit, usual. */
  readonly drift: number;
  /** Sizes of versions as factors of `drift`, the next release first, then the live one and those before it. */
  sizes(count: number, random: Random): number[];
  /** The logarithm of a factor that each slice has for itself in each version: its standard deviation. */
  readonly bySlice: number;
  /** The share of the items' movement that is the same in every version. */
  readonly same: number;
  /** Items move by Student's t of so many degrees of freedom; left out: normal. */
  readonly tail?: number;
}

export interface Margins {
  readonly loss: number;
  readonly shift: number;
}

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

export function policyOf({ loss, shift }: Margins, anchors: number): SkewPolicy {
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
        rule(0, { metric: 'log_loss', operator: 'max_increase', threshold: loss, relative: true }),
        rule(1, { metric: 'calibration_shift', operator: 'max_change', threshold: shift, relative: true }),
      ],
      confidence: CONFIDENCE,
    },
  };
}

/** Margins that a measurement is made under; others can be put in their place afterwards. */
export const NOMINAL: Margins = { loss: 0.05, shift: 0.05 };

const SLICES = 3;

/**
 * Rows drawn anew, with versions in the role of the live one, each drifted in its own way.
 *
 * @param sizes of each version, the live one first
 * @param own   what the family keeps from eval set to eval set: how each item moves in every version
 */
export function evidenceOf(family: Family, sizes: readonly number[], own: Random, random: Random): VersionSkewEvidence {
  const policy = policyOf(NOMINAL, sizes.length);
  const plan = planMetrics(policy);
  const { rows, queries, items } = family;
  const query = Int32Array.from({ length: rows }, () => Math.floor(queries * random.uniform() ** family.unevenQueries));
  const item = Int32Array.from({ length: rows }, () => Math.floor(items * random.uniform() ** family.unevenItems));
  const [ofQuery, ofItem] = [queries, items].map((count) =>
    Float64Array.from({ length: count }, () => random.normal()),
  );
  const logit = Float64Array.from(
    { length: rows },
    (_, r) => -0.7 + 0.6 * ofQuery![query[r]!]! + 0.6 * ofItem![item[r]!]! + 0.5 * random.normal(),
  );
  const label = logit.map((z) => (random.uniform() < sigmoid(z) ? 1 : 0));
  const always = Float64Array.from({ length: items }, () => moveOf(family, own));
  const columns: ScoreColumn[] = [];
  const anchorColumns: Map<number, number>[] = [];
  for (const [a, size] of sizes.entries()) {
    const bySlice = Array.from({ length: SLICES }, () => size * Math.exp(family.bySlice * random.normal()));
    const moved = always.map((usual) => family.same * usual + Math.sqrt(1 - family.same ** 2) * moveOf(family, random));
    const aligned = logit.map((z) => z + 0.05 * random.normal());
    const stale = aligned.map(
      (z, r) => z + family.drift * bySlice[query[r]! % SLICES]! * (0.8 * moved[item[r]!]! + 0.6 * random.normal()),
    );
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

/** One item's movement, of variance 1. */
function moveOf({ tail }: Family, random: Random): number {
  if (tail === undefined) return random.normal();
  return student(tail, random) * Math.sqrt((tail - 2) / tail);
}

/** A number of Student's t distribution of a whole number of degrees of freedom. */
export function student(df: number, random: Random): number {
  let squares = 0;
  const z = random.normal();
  for (let i = 0; i < df; i++) squares += random.normal() ** 2;
  return z / Math.sqrt(squares / df);
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
    slices: new Map([['tier', { codes: query.map((q) => q % SLICES), names: ['a', 'b', 'c'] }]]),
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
