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
  const list =
    relevant.length <= FEW ? inserted(relevant, above) : relevant.toSorted((a, b) => above[a]! - above[b]! || a - b);
  const count = list.length;
  // Loops, as this is done for every query, cut and version.
  const items = {
    count,
    above: new Array<number>(count),
    tied: new Array<number>(count),
    gain: new Array<number>(count),
  };
  for (let n = 0; n < count; n++) {
    const i = list[n]!;
    items.above[n] = above[i]!;
    items.tied[n] = tied[i]!;
    items.gain[n] = gainOf(i);
  }
  return { list, items };
}

/** So many are sorted fastest one by one. */
const FEW = 32;

function inserted(relevant: readonly number[], above: Int32Array): number[] {
  const list: number[] = [];
  for (const i of relevant) {
    let at = list.length;
    for (
      ;
      at > 0 && (above[list[at - 1]!]! > above[i]! || (above[list[at - 1]!] === above[i] && list[at - 1]! > i));
      at--
    )
      list[at] = list[at - 1]!;
    list[at] = i;
  }
  return list;
}

/** The gain that a metric gives a positive row, by its index into them. */
export function gainsOf(
  { label, grades = 1 }: EvalRows,
  positiveRows: Int32Array,
  { gainOf }: PositionMetric,
): (i: number) => number {
  return gainOf ? (i) => gainOf(label[positiveRows[i]!]!, grades) : (i) => label[positiveRows[i]!]!;
}
