/**
 * Rankings of a mixed index: items of different versions meet in one list, each item at a version drawn from the histogram, independently of the others
 * (`mix: per_item`). The average of pure versions is not the answer here: an offset or a larger spread of one version lets its items win
 * (RACT, ICLR 2022: new-to-old positives score below new-to-new negatives).
 */
import { hash32 } from '../lib/hash.js';
import { groupBy } from '../lib/sort.js';
import type { PositionMetric } from '../metrics/metric.js';
import type { State } from './metric-table.js';
import type { RowContext } from './row-context.js';

/** Assignments of versions to items where the expectation has no cheap closed form: derived from a hash, the same in every run. */
export const REPLICATES = 32;

/** A query's value for every entry; where it was averaged over assignments, also its value under each of them. */
export interface MixedValues {
  readonly value: Float64Array;
  readonly replicates?: readonly Float64Array[];
}

/**
 * Expected value of a metric of positions, per list of relevant rows (indices into `positiveRows`). Exact for metrics that add up over relevant items, by the
 * Poisson-binomial distribution of a rank; else the mean over hashed assignments.
 */
export function mixedPositions(
  context: RowContext,
  state: State,
  metric: PositionMetric,
  k: number,
  relevant: readonly (readonly number[])[],
): MixedValues {
  const candidates = new Candidates(context, state);
  return metric.additive
    ? exact(candidates, context, metric, k, relevant)
    : hashed(candidates, context, metric, k, relevant);
}

/** The logged rows of each query, with their scores at every version that carries mass. */
class Candidates {
  readonly order: Uint32Array;
  readonly start: Uint32Array;
  private readonly scores: readonly Float64Array[];

  constructor(
    private readonly context: RowContext,
    private readonly state: State,
  ) {
    const { query } = context.inputs.evalSet;
    const { order, start } = groupBy(query.codes, query.names.length);
    this.order = order;
    this.start = start;
    this.scores = state.parts.map(({ column }) => context.inputs.sweep.columns[column]!.scores);
  }

  /** The mass that version v has in row r. */
  massOf(v: number, r: number): number {
    const { mass } = this.state.parts[v]!;
    return mass ? mass.mass[mass.histogram[r]!]! : 1;
  }

  get versions(): number {
    return this.scores.length;
  }

  score(v: number, r: number): number {
    return this.scores[v]![r]!;
  }

  /** Where the rows of row r's query stand in `order`. */
  rangeOf(r: number): [number, number] {
    const q = this.context.inputs.evalSet.query.codes[r]!;
    return [this.start[q]!, this.start[q + 1]!];
  }
}

function exact(
  candidates: Candidates,
  { inputs }: RowContext,
  { additive }: PositionMetric,
  k: number,
  relevant: readonly (readonly number[])[],
): MixedValues {
  const { positiveRows } = inputs.sweep;
  const { label } = inputs.evalSet;
  const { weight, normaliser, gain } = additive!;
  const expected = new Float64Array(positiveRows.length);
  for (let i = 0; i < expected.length; i++) expected[i] = expectedWeight(candidates, positiveRows[i]!, k, weight);
  const value = Float64Array.from(relevant, (list) => {
    const gains = list.map((i) => gain(label[positiveRows[i]!]!));
    const sum = list.reduce((total, i, n) => total + gains[n]! * expected[i]!, 0);
    return list.length === 0 ? 0 : sum / normaliser(gains, k);
  });
  return { value };
}

/**
 * E[weight(rank)] of one row: with the row at version v, another row beats it with probability π_i, so the number that do is Poisson-binomial (π). A tie is broken
 * at random: given the row's own draw u it is beaten by a tied one with probability u, a polynomial in u that Gauss–Legendre integrates exactly.
 */
function expectedWeight(candidates: Candidates, row: number, k: number, weight: (rank: number) => number): number {
  const [from, to] = candidates.rangeOf(row);
  const n = to - from;
  const places = Math.min(k, n);
  const wins = new Float64Array(n);
  const ties = new Float64Array(n);
  const above = new Float64Array(places);
  let total = 0;
  for (let v = 0; v < candidates.versions; v++) {
    const mass = candidates.massOf(v, row);
    if (mass === 0) continue;
    const own = candidates.score(v, row);
    let others = 0;
    let tied = 0;
    for (let c = from; c < to; c++) {
      const r = candidates.order[c]!;
      if (r === row) continue;
      let win = 0;
      let tie = 0;
      for (let l = 0; l < candidates.versions; l++) {
        const score = candidates.score(l, r);
        if (score > own) win += candidates.massOf(l, r);
        else if (score === own) tie += candidates.massOf(l, r);
      }
      wins[others] = win;
      ties[others++] = tie;
      if (tie > 0) tied++;
    }
    const nodes = gaussLegendre(Math.min(MAX_NODES, Math.ceil((tied + 1) / 2)));
    for (const [u, share] of nodes) {
      above.fill(0);
      above[0] = 1;
      for (let i = 0; i < others; i++) {
        const p = wins[i]! + u * ties[i]!;
        if (p === 0) continue;
        for (let c = Math.min(places - 1, i + 1); c > 0; c--) above[c] = above[c]! * (1 - p) + above[c - 1]! * p;
        above[0]! *= 1 - p;
      }
      for (let c = 0; c < places; c++) total += mass * share * above[c]! * weight(c + 1);
    }
  }
  return total;
}

const MAX_NODES = 32;
const quadratures = new Map<number, readonly (readonly [number, number])[]>();

/** Nodes and weights of Gauss–Legendre quadrature on [0, 1]: exact for polynomials up to degree 2n - 1. Newton's method on P_n. */
function gaussLegendre(n: number): readonly (readonly [number, number])[] {
  let nodes = quadratures.get(n);
  if (nodes) return nodes;
  nodes = Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      let previous = 1;
      let current = x;
      for (let j = 2; j <= n; j++)
        [previous, current] = [current, ((2 * j - 1) * x * current - (j - 1) * previous) / j];
      slope = (n * (x * current - previous)) / (x * x - 1);
      const change = current / slope;
      x -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    return [(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)] as const;
  });
  quadratures.set(n, nodes);
  return nodes;
}

/** The mean over assignments: in replicate j the item has the version at which its histogram's cumulated mass passes hash(item, j). */
function hashed(
  candidates: Candidates,
  { inputs }: RowContext,
  metric: PositionMetric,
  k: number,
  relevant: readonly (readonly number[])[],
): MixedValues {
  const { evalSet, sweep } = inputs;
  const { positiveRows } = sweep;
  const scores = new Float64Array(evalSet.rows);
  const above = new Int32Array(positiveRows.length);
  const tied = new Int32Array(positiveRows.length);
  const replicates = Array.from({ length: REPLICATES }, (_, replicate) => {
    const draw = Float64Array.from(evalSet.item.names, (name) => hash32(`${replicate}\u0000${name}`) / 4294967296);
    for (let r = 0; r < scores.length; r++) {
      let version = 0;
      let passed = candidates.massOf(0, r);
      while (draw[evalSet.item.codes[r]!]! >= passed && version + 1 < candidates.versions)
        passed += candidates.massOf(++version, r);
      scores[r] = candidates.score(version, r);
    }
    for (let i = 0; i < positiveRows.length; i++) {
      const [from, to] = candidates.rangeOf(positiveRows[i]!);
      const own = scores[positiveRows[i]!]!;
      above[i] = 0;
      tied[i] = 0;
      for (let c = from; c < to; c++) {
        const other = scores[candidates.order[c]!]!;
        if (other > own) above[i]!++;
        else if (other === own) tied[i]!++;
      }
    }
    return Float64Array.from(relevant, (unsorted) => {
      if (unsorted.length === 0) return 0;
      const list = [...unsorted].sort((a, b) => above[a]! - above[b]! || a - b);
      const items = {
        count: list.length,
        above: list.map((i) => above[i]!),
        tied: list.map((i) => tied[i]!),
        gain: list.map((i) => evalSet.label[positiveRows[i]!]!),
      };
      return metric.evaluate(items, k);
    });
  });
  const value = Float64Array.from(
    relevant,
    (_, e) => replicates.reduce((sum, values) => sum + values[e]!, 0) / REPLICATES,
  );
  return { value, replicates };
}
