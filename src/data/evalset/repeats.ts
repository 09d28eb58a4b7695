/**
 * (query, item) pairs that stand in several rows of the eval set: counted where the rows agree, noted where one says
 * that it was clicked and the other that it was not.
 */
import { type Column, isNull, textAt } from '../tables/column.js';
import type { Coded } from '../tables/identity.js';
import type { Contradictions } from './contradictions.js';

export interface PairRows {
  /** Shape (rows): the row of the table that each is; left out where they are the same. */
  readonly tableRow?: ArrayLike<number>;
  readonly query: Coded;
  readonly item: Coded;
  /** Shape (rows) each. */
  readonly values: { readonly label: Float64Array; readonly weight: Float64Array };
  /** Columns that may tell one row of a pair from another, beside its features: cluster and slices. */
  readonly telling: readonly Coded[];
  /** Features that stand in the rows themselves. */
  readonly features: readonly Column[];
}

/**
 * Counts the rows that have the pair of an earlier row. Two rows of a pair that differ in label or weight alone, with
 * the same cluster, slices and features, contradict each other, and are noted in `found`. Rows of one pair that differ
 * in a slice or a feature are several impressions, and may differ in their label.
 */
export function countRepeatedPairs(rows: PairRows, found: Contradictions): number {
  const { query, item, values } = rows;
  const { byQuery, starts } = rowsByQuery(query);
  // The first row of every item within the query at hand; a row of another query is none of its own.
  const firstOf = new Int32Array(item.names.length).fill(-1);
  let repeated = 0;
  for (let q = 0; q < query.names.length; q++) {
    const own = byQuery.subarray(starts[q]!, starts[q + 1]!);
    const unequal = new Set<number>();
    for (const r of own) {
      const first = firstOf[item.codes[r]!]!;
      if (first < 0 || query.codes[first] !== q) firstOf[item.codes[r]!] = r;
      else {
        repeated++;
        if (values.label[r] !== values.label[first] || values.weight[r] !== values.weight[first])
          unequal.add(item.codes[r]!);
      }
    }
    if (unequal.size > 0)
      noteContradictions(
        rows,
        own.filter((r) => unequal.has(item.codes[r]!)),
        found,
      );
  }
  return repeated;
}

/**
 * Notes the rows that differ from an earlier one of their pair in label or weight alone.
 *
 * @param own rows of one query, of items whose rows are not all alike
 */
function noteContradictions(rows: PairRows, own: Int32Array, found: Contradictions): void {
  const { item, values, tableRow } = rows;
  const rowOf = (r: number) => tableRow?.[r] ?? r;
  const alike = new Map<string, { readonly first: number; noted: boolean }>();
  for (const r of own) {
    const key = `${item.codes[r]} ${otherwise(rows, r)}`;
    const before = alike.get(key);
    if (before === undefined) {
      alike.set(key, { first: r, noted: false });
      continue;
    }
    const { first } = before;
    const role = (['label', 'weight'] as const).find((one) => values[one][r] !== values[one][first]);
    if (role === undefined || before.noted) continue;
    before.noted = true;
    found.add({ role, row: rowOf(r), value: values[role][r]!, before: rowOf(first), first: values[role][first]! });
  }
}

/** Rows in the order of their queries: those of query q are `byQuery[starts[q] … starts[q+1]-1]`, ascending. */
function rowsByQuery({ codes, names }: Coded): { byQuery: Int32Array; starts: Int32Array } {
  const starts = new Int32Array(names.length + 1);
  for (const code of codes) starts[code + 1]!++;
  for (let q = 0; q < names.length; q++) starts[q + 1]! += starts[q]!;
  const next = starts.slice();
  const byQuery = new Int32Array(codes.length);
  for (let r = 0; r < codes.length; r++) byQuery[next[codes[r]!]!++] = r;
  return { byQuery, starts };
}

/** Makes a key of what else a row says. */
function otherwise({ telling, features }: PairRows, r: number): string {
  const codes = telling.map((coded) => coded.codes[r]!);
  const texts = features.map((column) => (isNull(column, r) ? null : textAt(column, r)));
  return JSON.stringify([codes, texts]);
}
