/** What a tabulation is held to, and small eval sets that are tabulated. */
import type { EvalSet } from '../../src/data/evalset/evalset.js';
import { coded, evalSetOf } from '../fixtures/metrics.js';

/** A small eval set from a seed of integers: both classes, ties, several clusters a query side. */
export interface SmallRow {
  readonly query: number;
  readonly item: number;
  readonly label: number;
  readonly weight: number;
  readonly scores: readonly number[];
}

export function smallSet(rows: readonly SmallRow[]): { evalSet: EvalSet; scores: number[][] } {
  const evalSet = evalSetOf({
    query: coded(rows.map((row) => `q${row.query}`)),
    item: coded(rows.map((row) => `i${row.item}`)),
    label: rows.map((row) => row.label),
    weight: rows.map((row) => row.weight),
    slices: { half: coded(rows.map((row) => (row.item < 4 ? 'low' : 'high'))) },
  });
  return { evalSet, scores: [0, 1].map((k) => rows.map((row) => row.scores[k]! / 3)) };
}
