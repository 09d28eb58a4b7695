/** Queries in cells: what a ranking metric has one value for. */

import type { Cut } from '../../data/evalset/cells.js';
import type { EvalRows } from '../../data/evalset/evalset.js';
import { DataError } from '../../errors.js';
import { combineCodes } from '../../lib/sort.js';
import { quoted } from '../../lib/text.js';
import type { Mass } from './metric-table.js';

/** A query in a cell: what a ranking metric has one value for. */
export interface Entries {
  readonly count: number;
  /** Shape (rows): the entry of each row. */
  readonly ofRow: Int32Array;
  /** Shape (entries): its query, and its cell within the cut. */
  readonly query: Int32Array;
  readonly cell: Int32Array;
}

export function buildEntries(evalSet: EvalRows, cut: Cut): Entries {
  const { codes, count } = combineCodes(evalSet.query.codes, cut.cell, cut.slices.length);
  const query = new Int32Array(count);
  const cell = new Int32Array(count);
  for (let r = 0; r < evalSet.rows; r++) {
    query[codes[r]!] = evalSet.query.codes[r]!;
    cell[codes[r]!] = cut.cell[r]!;
  }
  return { count, ofRow: codes, query, cell };
}

/**
 * The relevant items of each entry, as indices into `positiveRows`. Over a catalogue an item counts once, with its
 * largest label.
 */
export function relevantOf(
  evalSet: EvalRows,
  positiveRows: Int32Array,
  entries: Entries,
  distinct: boolean,
): number[][] {
  const relevant: number[][] = Array.from({ length: entries.count }, () => []);
  for (let i = 0; i < positiveRows.length; i++) relevant[entries.ofRow[positiveRows[i]!]!]!.push(i);
  if (!distinct) return relevant;
  return relevant.map((list) => {
    const best = new Map<number, number>();
    for (const i of list) {
      const item = evalSet.item.codes[positiveRows[i]!]!;
      const other = best.get(item);
      if (other === undefined || evalSet.label[positiveRows[i]!]! > evalSet.label[positiveRows[other]!]!)
        best.set(item, i);
    }
    return [...best.values()];
  });
}

/** Shape (queries): the rows of each query, which are its logged candidates. */
export function rowsPerQuery({ query, rows }: EvalRows): Int32Array {
  const count = new Int32Array(query.names.length);
  for (let r = 0; r < rows; r++) count[query.codes[r]!]!++;
  return count;
}

/** Shape (entries): the mean mass over the rows of each entry, by weight (plain where all weights are 0). */
export function entryMass(entries: Entries, { histogram, mass }: Mass, weight: Float64Array): Float64Array {
  const sum = new Float64Array(entries.count);
  const total = new Float64Array(entries.count);
  const plain = new Float64Array(entries.count);
  const rows = new Float64Array(entries.count);
  for (let r = 0; r < weight.length; r++) {
    const e = entries.ofRow[r]!;
    const m = mass[histogram[r]!]!;
    sum[e]! += weight[r]! * m;
    total[e]! += weight[r]!;
    plain[e]! += m;
    rows[e]!++;
  }
  return sum.map((value, e) => (total[e]! > 0 ? value / total[e]! : plain[e]! / rows[e]!));
}

/** A ranking is a mean over queries: each must be in one cluster. */
export function requireOneCluster({ query, cluster, rows }: EvalRows): void {
  const of = new Int32Array(query.names.length).fill(-1);
  for (let r = 0; r < rows; r++) {
    const q = query.codes[r]!;
    if (of[q] === -1) of[q] = cluster.codes[r]!;
    else if (of[q] !== cluster.codes[r]) {
      const [first, second] = [of[q]!, cluster.codes[r]!].map((c) => quoted(cluster.names[c]));
      throw new DataError([
        {
          found: `query ${quoted(query.names[q])} in clusters ${first} and ${second} (row ${r + 1})`,
          expected: 'one cluster a query, as ranking metrics are means over queries',
        },
      ]);
    }
  }
}
