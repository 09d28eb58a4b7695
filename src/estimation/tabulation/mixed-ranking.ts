/**
 * Rankings of a mixed index: items of different versions meet in one list. Under `mix: per_item` each item has a
 * version drawn from the histogram, independently of the others; under `mix: per_shard` all items of a shard have
 * one. The average of pure versions is not the answer here: an offset or a larger spread of one version lets its
 * items win (RACT, ICLR 2022: new-to-old positives score below new-to-new negatives).
 */
import { gatherFloats } from '../../lib/gather.js';
import type { Positions } from '../../models/scores/ranks.js';
import { NO_BINS } from '../metrics/bins.js';
import type { GroupedMetric, PositionMetric, ScorePart } from '../metrics/metric.js';
import { draws, versionAt } from './assignments.js';
import { CandidateLists, eachQuery, massOf } from './candidate-lists.js';
import { expectedWeight } from './expected-rank.js';
import type { State } from './metric-table.js';
import { gainsOf, rankedBy } from './relevant-items.js';
import type { RowContext } from './row-context.js';

/**
 * Holds what every positive row adds to its entry's value; where that was averaged over assignments, also the entries'
 * values under each of them.
 */
export interface MixedValues {
  /** Shape (positive rows). */
  readonly credit: Float64Array;
  /** Shape (entries) each. */
  readonly replicates?: readonly Float64Array[];
}

/** A question to a ranking in a mixed index: a metric of positions, in entries with these relevant rows. */
export interface PositionsAsked {
  readonly metric: PositionMetric;
  readonly k: number;
  /** By entry, as indices into the positive rows. */
  readonly relevant: readonly (readonly number[])[];
  /** Shape (positive rows): the share of its entry's weight that a relevant row stands for. */
  readonly share: Float64Array;
}

/**
 * The expected value of a metric of positions, as what each relevant row adds to it. It is exact for metrics that add
 * up over relevant items where items are drawn independently, by the Poisson-binomial distribution of a rank; else
 * the mean over hashed assignments.
 */
export function mixedPositions(context: RowContext, state: State, asked: PositionsAsked): MixedValues {
  const { additive } = asked.metric;
  return additive && state.mixedIndex?.shards === undefined
    ? exact(context, state, additive, asked)
    : hashed(context, state, asked);
}

function exact(
  context: RowContext,
  state: State,
  { weight, normaliser, gain }: NonNullable<PositionMetric['additive']>,
  { metric, k, relevant }: PositionsAsked,
): MixedValues {
  const { evalSet, sweep } = context.inputs;
  const { positiveRows } = sweep;
  const gainOf = gainsOf(evalSet, positiveRows, metric);
  const candidates = new CandidateLists(context, state);
  const expected = new Float64Array(positiveRows.length);
  eachQuery(context, (query, positives) => {
    const list = candidates.of(query, positiveRows[positives[0]!]!);
    for (const i of positives) expected[i] = expectedWeight(list, list.own(positiveRows[i]!), k, weight);
  });
  const credit = new Float64Array(positiveRows.length);
  for (const list of relevant) {
    if (list.length === 0) continue;
    const gains = list.map((i) => gain(gainOf(i)));
    const ideal = normaliser(gains, k);
    for (const [n, i] of list.entries()) credit[i] = (gains[n]! * expected[i]!) / ideal;
  }
  return { credit };
}

/** The mean over hashed assignments. */
function hashed(context: RowContext, state: State, { metric, k, relevant, share }: PositionsAsked): MixedValues {
  const { evalSet, sweep } = context.inputs;
  const gainOf = gainsOf(evalSet, sweep.positiveRows, metric);
  const credit = new Float64Array(sweep.positiveRows.length);
  const assignments = positionsByAssignment(context, state);
  const replicates = assignments.map((positions) =>
    Float64Array.from(relevant, (unsorted) => {
      if (unsorted.length === 0) return 0;
      const { list, items } = rankedBy(unsorted, positions, gainOf);
      const value = metric.evaluate(items, k);
      const own = metric.credit?.(items, k);
      for (const [n, i] of list.entries()) credit[i]! += (own?.[n] ?? value * share[i]!) / assignments.length;
      return value;
    }),
  );
  return { credit, replicates };
}

/** The positions of the positive rows under each assignment of versions to items. */
function positionsByAssignment(context: RowContext, state: State): Positions[] {
  const { positiveRows } = context.inputs.sweep;
  const candidates = new CandidateLists(context, state);
  const assignments = draws(candidates.names, state.mixedIndex?.shards).map((draw) => ({
    draw,
    above: new Int32Array(positiveRows.length),
    tied: new Int32Array(positiveRows.length),
  }));
  eachQuery(context, (query, positives) => {
    const list = candidates.of(query, positiveRows[positives[0]!]!);
    const scores = new Float64Array(list.count);
    for (const { draw, above, tied } of assignments) {
      for (let c = 0; c < list.count; c++)
        scores[c] = list.scores[versionAt(draw[list.item(c)]!, candidates.versions, (v) => list.mass(v, c))]![c]!;
      for (const i of positives) {
        const counts = countAbove(scores, scores[list.own(positiveRows[i]!)]!);
        above[i] = counts.above;
        tied[i] = counts.tied;
      }
    }
  });
  return assignments;
}

/** Counts the scores that are higher than one, and those that equal it. */
function countAbove(scores: Float64Array, own: number): { readonly above: number; readonly tied: number } {
  let above = 0;
  let tied = 0;
  for (let c = 0; c < scores.length; c++) {
    if (scores[c]! > own) above++;
    else if (scores[c] === own) tied++;
  }
  return { above, tied };
}

/**
 * A statistic of each query's own rows in a mixed index. Where items are drawn independently every pair of rows is
 * met at every pair of versions, so that the pooled AUC of the versions is the expectation itself; where shards are
 * drawn it is the mean over hashed assignments. Items are ranked by their raw scores, whatever the link makes of
 * them.
 *
 * @param entry shape (rows): the entry of each row, 0 … entries-1
 */
export function mixedGroups(
  context: RowContext,
  state: State,
  metric: GroupedMetric,
  entry: Int32Array,
  entries: number,
): MixedValues {
  const { evalSet, sweep } = context.inputs;
  const { parts, mixedIndex } = state;
  const evaluate = (pooled: readonly ScorePart[]) =>
    metric.evaluate({ parts: pooled, label: evalSet.label, cell: entry, cells: entries, ...NO_BINS });
  if (mixedIndex?.shards === undefined) {
    const { credit } = evaluate(
      parts.map((part) =>
        partOf(
          sweep.columns[part.column]!.scores,
          evalSet.weight.map((w, r) => w * massOf(part, r)),
        ),
      ),
    );
    return { credit: gatherFloats(credit, sweep.positiveRows) };
  }
  const credit = new Float64Array(sweep.positiveRows.length);
  const replicates = draws(evalSet.item.names, mixedIndex.shards).map((draw) => {
    const scores = Float64Array.from({ length: evalSet.rows }, (_, r) => {
      const version = versionAt(draw[evalSet.item.codes[r]!]!, parts.length, (v) => massOf(parts[v]!, r));
      return sweep.columns[parts[version]!.column]!.scores[r]!;
    });
    const result = evaluate([partOf(scores, evalSet.weight)]);
    for (const [i, r] of sweep.positiveRows.entries()) credit[i]! += result.credit[r]!;
    return result.value;
  });
  return { credit: credit.map((sum) => sum / replicates.length), replicates };
}

function partOf(scores: Float64Array, weight: Float64Array): ScorePart {
  return { scores, weight, prediction: (r) => scores[r]! };
}
