/** Finds the positions of a query's relevant items among its candidates. */
import type { EvalSet } from '../../data/evalset/evalset.js';
import { type Grouping, groupBy } from '../../lib/sort.js';

/**
 * Positions of the positive rows, one entry a positive row in row order.
 * A relevant item's rank under random tie-breaking is uniform on above+1 … above+tied.
 */
export interface Positions {
  /** Candidates of the query that score higher. */
  readonly above: Int32Array;
  /** Candidates of the query with the same score, itself included. */
  readonly tied: Int32Array;
}

/** Rows with a positive label, ascending: what positions are about. */
export function relevantRows({ label, positives }: Pick<EvalSet, 'label' | 'positives'>): Int32Array {
  const rows = new Int32Array(positives);
  let count = 0;
  for (let r = 0; r < label.length; r++) if (label[r]! > 0) rows[count++] = r;
  return rows;
}

/** Grouped once, however many columns are ranked. */
const grouped = new WeakMap<Int32Array, Grouping>();

function rowsOfQueries(query: Int32Array, queries: number): Grouping {
  let found = grouped.get(query);
  if (!found || found.start.length !== queries + 1) {
    found = groupBy(query, queries);
    grouped.set(query, found);
  }
  return found;
}

/** Positions among the query's logged rows. `positiveRows`: rows with a positive label, ascending. */
export function loggedPositions(
  scores: Float64Array,
  query: Int32Array,
  queries: number,
  positiveRows: Int32Array,
): Positions {
  const { order, start } = rowsOfQueries(query, queries);
  const sorted = new Float64Array(order.length);
  for (let q = 0; q < queries; q++) {
    for (let i = start[q]!; i < start[q + 1]!; i++) sorted[i] = scores[order[i]!]!;
    sorted.subarray(start[q]!, start[q + 1]!).sort();
  }
  const above = new Int32Array(positiveRows.length);
  const tied = new Int32Array(positiveRows.length);
  for (let i = 0; i < positiveRows.length; i++) {
    const row = positiveRows[i]!;
    const score = scores[row]!;
    const to = start[query[row]! + 1]!;
    const lower = bisect(sorted, start[query[row]!]!, to, (value) => value < score);
    const upper = bisect(sorted, lower, to, (value) => value <= score);
    above[i] = to - upper;
    tied[i] = upper - lower;
  }
  return { above, tied };
}

/** First index in [from, to) whose value is not `before`. */
function bisect(list: Float64Array, from: number, to: number, before: (value: number) => boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(list[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
