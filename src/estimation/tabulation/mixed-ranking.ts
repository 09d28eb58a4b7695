/**
 * Rankings of a mixed index: items of different versions meet in one list. Under `mix: per_item` each item has a
 * version drawn from the histogram, independently of the others; under `mix: per_shard` all items of a shard have one.
 * The average of pure versions is not the answer here: an offset or a larger spread of one version lets its items win
 * (RACT, ICLR 2022: new-to-old positives score below new-to-new negatives).
 */
import { hash32 } from '../../lib/hash.js';
import { groupBy } from '../../lib/sort.js';
import { NO_BINS } from '../metrics/bins.js';
import type { GroupedMetric, Part, PositionMetric } from '../metrics/metric.js';
import type { State } from './metric-table.js';
import type { RowContext } from './row-context.js';

/**
 * Assignments of versions to items where the expectation has no cheap closed form: derived from a hash, the same in
 * every run.
 */
export const REPLICATES = 32;
/** Few shards make few draws: more assignments bring the mean to the same precision. */
const SHARD_REPLICATES = 128;

/**
 * The amounts that positive rows add to their entry's value; where that was averaged over assignments, also the
 * entries' values under each of them.
 */
export interface MixedValues {
  /** Shape (positive rows). */
  readonly credit: Float64Array;
  /** Shape (entries) each. */
  readonly replicates?: readonly Float64Array[];
}

/**
 * Expected value of a metric of positions, per list of relevant rows (indices into `positiveRows`), as what each of
 * them adds to it. Exact for metrics that add up over relevant items where items are drawn
 * independently, by the Poisson-binomial distribution of a rank; else the mean over hashed assignments.
 */
export function mixedPositions(
  context: RowContext,
  state: State,
  metric: PositionMetric,
  k: number,
  relevant: readonly (readonly number[])[],
  share: Float64Array,
): MixedValues {
  return metric.additive && state.mixedIndex?.shards === undefined
    ? exact(context, state, metric, k, relevant)
    : hashed(context, state, metric, k, relevant, share);
}

/** The candidates of one query, with their scores at every version that carries mass. */
interface CandidateList {
  readonly count: number;
  /** By version, shape (count). */
  readonly scores: readonly Float64Array[];
  /** The mass that version v has for candidate c. */
  mass(v: number, c: number): number;
  /** The item of candidate c, as an index into the names that assignments are drawn by. */
  item(c: number): number;
  /** The candidate that a row is. */
  own(row: number): number;
}

/** The candidates of every query: its logged rows, or the whole catalogue. */
class Candidates {
  /** Items that versions are assigned to. */
  readonly names: readonly string[];
  private readonly rows: { readonly order: Uint32Array; readonly start: Uint32Array } | undefined;
  private readonly place: Int32Array;

  constructor(
    private readonly context: RowContext,
    private readonly state: State,
  ) {
    const { evalSet, sweep } = context.inputs;
    this.place = new Int32Array(evalSet.rows);
    if (sweep.catalogue) {
      this.names = sweep.catalogue.names;
      return;
    }
    this.names = evalSet.item.names;
    this.rows = groupBy(evalSet.query.codes, evalSet.query.names.length);
    const { order, start } = this.rows;
    for (let q = 0; q + 1 < start.length; q++)
      for (let i = start[q]!; i < start[q + 1]!; i++) this.place[order[i]!] = i - start[q]!;
  }

  /** `row`: a row of the query; over a catalogue its histogram is that of the whole list. */
  of(query: number, row: number): CandidateList {
    const { evalSet, sweep } = this.context.inputs;
    const columns = this.state.parts.map(({ column }) => sweep.columns[column]!);
    if (sweep.catalogue) {
      const { count, ofRow } = sweep.catalogue;
      return {
        count,
        scores: columns.map(({ catalogue }) => Float64Array.from({ length: count }, (_, c) => catalogue!(query, c))),
        mass: (v) => this.massOf(v, row),
        item: (c) => c,
        own: (r) => ofRow[r]!,
      };
    }
    const { order, start } = this.rows!;
    const rows = order.subarray(start[query]!, start[query + 1]!);
    return {
      count: rows.length,
      scores: columns.map(({ scores }) => Float64Array.from(rows, (r) => scores[r]!)),
      mass: (v, c) => this.massOf(v, rows[c]!),
      item: (c) => evalSet.item.codes[rows[c]!]!,
      own: (r) => this.place[r]!,
    };
  }

  massOf(v: number, r: number): number {
    const { mass } = this.state.parts[v]!;
    return mass ? mass.mass[mass.histogram[r]!]! : 1;
  }

  get versions(): number {
    return this.state.parts.length;
  }
}

/** Calls back once a query that has relevant rows, with these as indices into `positiveRows`. */
function eachQuery({ inputs }: RowContext, visit: (query: number, positives: readonly number[]) => void): void {
  const { evalSet, sweep } = inputs;
  const byQuery = new Map<number, number[]>();
  for (const [i, row] of sweep.positiveRows.entries()) {
    const q = evalSet.query.codes[row]!;
    const list = byQuery.get(q);
    if (list) list.push(i);
    else byQuery.set(q, [i]);
  }
  for (const [q, positives] of byQuery) visit(q, positives);
}

function exact(
  context: RowContext,
  state: State,
  { additive }: PositionMetric,
  k: number,
  relevant: readonly (readonly number[])[],
): MixedValues {
  const { positiveRows } = context.inputs.sweep;
  const { label } = context.inputs.evalSet;
  const { weight, normaliser, gain } = additive!;
  const candidates = new Candidates(context, state);
  const expected = new Float64Array(positiveRows.length);
  eachQuery(context, (query, positives) => {
    const list = candidates.of(query, positiveRows[positives[0]!]!);
    for (const i of positives) expected[i] = expectedWeight(list, list.own(positiveRows[i]!), k, weight);
  });
  const credit = new Float64Array(positiveRows.length);
  for (const list of relevant) {
    if (list.length === 0) continue;
    const gains = list.map((i) => gain(label[positiveRows[i]!]!));
    const ideal = normaliser(gains, k);
    for (const [n, i] of list.entries()) credit[i] = (gains[n]! * expected[i]!) / ideal;
  }
  return { credit };
}

/** With less probability than this left among the first places, what is still to be compared cannot matter. */
const NEGLIGIBLE = 1e-15;

/**
 * E[weight(rank)] of one candidate: with it at version v, another one beats it with probability π_i, so the number that
 * do is Poisson-binomial (π). A tie is broken at random: given its own draw u it is beaten by a tied one with
 * probability u, a polynomial in u that Gauss–Legendre integrates exactly.
 */
function expectedWeight(list: CandidateList, own: number, k: number, weight: (rank: number) => number): number {
  const { count: n, scores } = list;
  const places = Math.min(k, n);
  const wins = new Float64Array(n);
  const ties = new Float64Array(n);
  const above = new Float64Array(places);
  let total = 0;
  for (let v = 0; v < scores.length; v++) {
    const mass = list.mass(v, own);
    if (mass === 0) continue;
    const score = scores[v]![own]!;
    let others = 0;
    let tied = 0;
    for (let c = 0; c < n; c++) {
      if (c === own) continue;
      let win = 0;
      let tie = 0;
      for (let l = 0; l < scores.length; l++) {
        const other = scores[l]![c]!;
        if (other > score) win += list.mass(l, c);
        else if (other === score) tie += list.mass(l, c);
      }
      if (win === 0 && tie === 0) continue;
      wins[others] = win;
      ties[others++] = tie;
      if (tie > 0) tied++;
    }
    const nodes = gaussLegendre(Math.min(MAX_NODES, Math.ceil((tied + 1) / 2)));
    for (const [u, share] of nodes) {
      above.fill(0);
      above[0] = 1;
      let left = 1;
      for (let i = 0; i < others && left > NEGLIGIBLE; i++) {
        const p = wins[i]! + u * ties[i]!;
        const last = Math.min(places - 1, i + 1);
        // What is beaten once more in the last place falls out of the list.
        if (last === places - 1) left -= above[last]! * p;
        for (let c = last; c > 0; c--) above[c] = above[c]! * (1 - p) + above[c - 1]! * p;
        above[0]! *= 1 - p;
      }
      for (let c = 0; c < places; c++) total += mass * share * above[c]! * weight(c + 1);
    }
  }
  return total;
}

const MAX_NODES = 32;
const quadratures = new Map<number, readonly (readonly [number, number])[]>();

/**
 * Nodes and weights of Gauss–Legendre quadrature on [0, 1]: exact for polynomials up to degree 2n - 1. Newton's method
 * on P_n.
 */
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

/**
 * Shape (replicates, items): a number in [0, 1) each; the item has the version at which its histogram's cumulated mass
 * passes it.
 */
function draws(names: readonly string[], shards: number | undefined): Float64Array[] {
  const unit = (replicate: number, name: string) => hash32(`${replicate}\u0000${name}`) / 4294967296;
  if (shards === undefined)
    return Array.from({ length: REPLICATES }, (_, j) => Float64Array.from(names, (name) => unit(j, name)));
  const shardOf = Int32Array.from(names, (name) => hash32(`shard\u0000${name}`) % shards);
  return Array.from({ length: SHARD_REPLICATES }, (_, j) => {
    const ofShard = Float64Array.from({ length: shards }, (_, shard) => unit(j, `shard ${shard}`));
    return Float64Array.from(names, (_, i) => ofShard[shardOf[i]!]!);
  });
}

/** The version that a draw falls on. */
function versionAt(draw: number, versions: number, mass: (v: number) => number): number {
  let version = 0;
  let passed = mass(0);
  while (draw >= passed && version + 1 < versions) passed += mass(++version);
  return version;
}

/** The mean over hashed assignments. */
function hashed(
  context: RowContext,
  state: State,
  metric: PositionMetric,
  k: number,
  relevant: readonly (readonly number[])[],
  share: Float64Array,
): MixedValues {
  const { evalSet, sweep } = context.inputs;
  const { positiveRows } = sweep;
  const candidates = new Candidates(context, state);
  const assignments = draws(candidates.names, state.mixedIndex?.shards);
  const above = assignments.map(() => new Int32Array(positiveRows.length));
  const tied = assignments.map(() => new Int32Array(positiveRows.length));
  eachQuery(context, (query, positives) => {
    const list = candidates.of(query, positiveRows[positives[0]!]!);
    const scores = new Float64Array(list.count);
    for (const [j, draw] of assignments.entries()) {
      for (let c = 0; c < list.count; c++)
        scores[c] = list.scores[versionAt(draw[list.item(c)]!, candidates.versions, (v) => list.mass(v, c))]![c]!;
      for (const i of positives) {
        const own = scores[list.own(positiveRows[i]!)]!;
        for (let c = 0; c < list.count; c++) {
          if (scores[c]! > own) above[j]![i]!++;
          else if (scores[c] === own) tied[j]![i]!++;
        }
      }
    }
  });
  const credit = new Float64Array(positiveRows.length);
  const replicates = assignments.map((_, j) =>
    Float64Array.from(relevant, (unsorted) => {
      if (unsorted.length === 0) return 0;
      const list = [...unsorted].sort((a, b) => above[j]![a]! - above[j]![b]! || a - b);
      const items = {
        count: list.length,
        above: list.map((i) => above[j]![i]!),
        tied: list.map((i) => tied[j]![i]!),
        gain: list.map((i) => evalSet.label[positiveRows[i]!]!),
      };
      const value = metric.evaluate(items, k);
      const own = metric.credit?.(items, k);
      for (const [n, i] of list.entries()) credit[i]! += (own?.[n] ?? value * share[i]!) / assignments.length;
      return value;
    }),
  );
  return { credit, replicates };
}

/**
 * A statistic of each query's own rows in a mixed index. Where items are drawn independently every pair of rows is met
 * at every pair of versions, so that the pooled AUC of the versions is the expectation itself; where shards are drawn
 * it is the mean over hashed assignments.
 */
export function mixedGroups(
  context: RowContext,
  state: State,
  metric: GroupedMetric,
  cell: Int32Array,
  cells: number,
): MixedValues {
  const { evalSet, sweep } = context.inputs;
  const evaluate = (parts: readonly Part[]) =>
    metric.evaluate({ parts, label: evalSet.label, cell, cells, ...NO_BINS });
  const { parts, mixedIndex } = state;
  const ofPositives = (credit: Float64Array) => Float64Array.from(sweep.positiveRows, (r) => credit[r]!);
  const massOf = (v: number, r: number) => {
    const { mass } = parts[v]!;
    return mass ? mass.mass[mass.histogram[r]!]! : 1;
  };
  const part = (scores: Float64Array, weight: Float64Array): Part => ({
    scores,
    weight,
    prediction: (r) => scores[r]!,
  });
  if (mixedIndex?.shards === undefined)
    return {
      // Items are ranked by their raw scores, whatever the link makes of them.
      credit: ofPositives(
        evaluate(
          parts.map(({ column }, v) =>
            part(
              sweep.columns[column]!.scores,
              evalSet.weight.map((w, r) => w * massOf(v, r)),
            ),
          ),
        ).credit,
      ),
    };
  const credit = new Float64Array(sweep.positiveRows.length);
  const replicates = draws(evalSet.item.names, mixedIndex.shards).map((draw) => {
    const scores = Float64Array.from({ length: evalSet.rows }, (_, r) => {
      const version = versionAt(draw[evalSet.item.codes[r]!]!, parts.length, (v) => massOf(v, r));
      return sweep.columns[parts[version]!.column]!.scores[r]!;
    });
    const result = evaluate([part(scores, evalSet.weight)]);
    for (const [i, r] of sweep.positiveRows.entries()) credit[i]! += result.credit[r]!;
    return result.value;
  });
  return { credit: credit.map((sum) => sum / replicates.length), replicates };
}
