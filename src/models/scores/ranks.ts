/** Finds the positions of a query's relevant items among its candidates. */
import type { EvalSet } from '../../data/evalset/evalset.js';
import { gatherInts } from '../../lib/gather.js';
import { RankCounts } from '../../lib/kernels/rank-counts.js';
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
  let counts = new RankCounts(ROWS);
  for (let q = 0; q < queries; q++) {
    const [from, to] = [relevant.start[q]!, relevant.start[q + 1]!];
    if (from === to) continue;
    const own = order.subarray(start[q]!, start[q + 1]!);
    const list = relevant.order.subarray(from, to);
    if (counts.most < own.length) counts = new RankCounts(2 * own.length);
    const { candidates } = counts;
    for (let n = 0; n < own.length; n++) candidates[n] = scores[own[n]!]!;
    for (let n = 0; n < list.length; n++) counts.scores[n] = scores[positiveRows[list[n]!]!]!;
    // Few are counted faster than the candidates are sorted.
    if (list.length <= FEW * Math.log2(own.length + 1)) {
      counts.run(own.length, list.length);
      for (let n = 0; n < list.length; n++) {
        found.above[list[n]!] = counts.above[n]!;
        found.tied[list[n]!] = counts.tied[n]!;
      }
    } else bisectSorted(candidates.subarray(0, own.length).sort(), counts.scores, list, found);
  }
  return found;
}

/** Rows of a query that there is room for at first. */
const ROWS = 1024;

/** A candidate is counted by so much less than it is sorted. */
const FEW = 16;

/** Positive rows by query, found once likewise. */
const relevantOf = new WeakMap<Int32Array, { readonly query: Int32Array; readonly found: Grouping }>();

function relevantOfQueries(positiveRows: Int32Array, query: Int32Array, queries: number): Grouping {
  const known = relevantOf.get(positiveRows);
  if (known?.query === query) return known.found;
  const found = groupBy(gatherInts(query, positiveRows), queries);
  relevantOf.set(positiveRows, { query, found });
  return found;
}

/** @param sorted candidates in ascending order; `list`: positive rows of the query, and the score of each */
function bisectSorted(sorted: Float64Array, scores: Float64Array, list: Uint32Array, { above, tied }: Positions): void {
  for (const [n, i] of list.entries()) {
    const score = scores[n]!;
    const lower = bisect(sorted, 0, sorted.length, (value) => value < score);
    const upper = bisect(sorted, lower, sorted.length, (value) => value <= score);
    above[i] = sorted.length - upper;
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
