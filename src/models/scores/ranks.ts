/** Finds the positions of a query's relevant items among its candidates. */
import type { EvalSet } from '../../data/evalset/evalset.js';
import { gatherInts } from '../../lib/gather.js';
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
  const relevant = relevantOfQueries(positiveRows, query, queries);
  const found = { above: new Int32Array(positiveRows.length), tied: new Int32Array(positiveRows.length) };
  let own = new Float64Array(0);
  for (let q = 0; q < queries; q++) {
    const [from, to] = [relevant.start[q]!, relevant.start[q + 1]!];
    if (from === to) continue;
    const rows = start[q + 1]! - start[q]!;
    if (own.length < rows) own = new Float64Array(2 * rows);
    for (let i = 0; i < rows; i++) own[i] = scores[order[start[q]! + i]!]!;
    const candidates = own.subarray(0, rows);
    const list = relevant.order.subarray(from, to);
    const of = (i: number) => scores[positiveRows[i]!]!;
    // Few are counted faster than the candidates are sorted.
    if (to - from <= 4 * Math.log2(rows + 1)) countAbove(candidates, list, of, found);
    else bisectSorted(candidates.sort(), list, of, found);
  }
  return found;
}

/** Positive rows by query, found once likewise. */
const relevantOf = new WeakMap<Int32Array, { readonly query: Int32Array; readonly found: Grouping }>();

function relevantOfQueries(positiveRows: Int32Array, query: Int32Array, queries: number): Grouping {
  const known = relevantOf.get(positiveRows);
  if (known?.query === query) return known.found;
  const found = groupBy(gatherInts(query, positiveRows), queries);
  relevantOf.set(positiveRows, { query, found });
  return found;
}

/** @param list positive rows of a query, by their index; `of` gives the score of each */
function countAbove(
  candidates: Float64Array,
  list: Uint32Array,
  of: (i: number) => number,
  { above, tied }: Positions,
): void {
  for (const i of list) {
    const score = of(i);
    let [more, same] = [0, 0];
    for (let n = 0; n < candidates.length; n++) {
      const other = candidates[n]!;
      more += other > score ? 1 : 0;
      same += other === score ? 1 : 0;
    }
    above[i] = more;
    tied[i] = same;
  }
}

/** The same by candidates in ascending order. */
function bisectSorted(
  candidates: Float64Array,
  list: Uint32Array,
  of: (i: number) => number,
  { above, tied }: Positions,
): void {
  for (const i of list) {
    const score = of(i);
    const lower = bisect(candidates, 0, candidates.length, (value) => value < score);
    const upper = bisect(candidates, lower, candidates.length, (value) => value <= score);
    above[i] = candidates.length - upper;
    tied[i] = upper - lower;
  }
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
