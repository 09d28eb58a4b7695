/** A metric of positions sees the relevant rows of an entry, the best position first. */

import type { EvalRows } from '../../data/evalset/evalset.js';
import type { Positions } from '../../models/scores/ranks.js';
import type { PositionMetric, RelevantItems } from '../metrics/metric.js';

/** Relevant rows in their order, and the positions in that order. */
export interface Ranked {
  /** Indices into the positive rows. */
  readonly list: readonly number[];
  readonly items: RelevantItems;
}

/**
 * Orders the relevant rows of an entry, and ties by row.
 *
 * @param relevant  the entry's relevant rows, as indices into the positive rows
 * @param positions shape (positive rows)
 * @param gainOf    the gain of a relevant row
 */
export function rankedBy(
  relevant: readonly number[],
  { above, tied }: Positions,
  gainOf: (i: number) => number,
): Ranked {
  const list = relevant.toSorted((a, b) => above[a]! - above[b]! || a - b);
  return {
    list,
    items: {
      count: list.length,
      above: list.map((i) => above[i]!),
      tied: list.map((i) => tied[i]!),
      gain: list.map(gainOf),
    },
  };
}

/** The gain that a metric gives a positive row, by its index into them. */
export function gainsOf(
  { label, grades = 1 }: EvalRows,
  positiveRows: Int32Array,
  { gainOf }: PositionMetric,
): (i: number) => number {
  return gainOf ? (i) => gainOf(label[positiveRows[i]!]!, grades) : (i) => label[positiveRows[i]!]!;
}
