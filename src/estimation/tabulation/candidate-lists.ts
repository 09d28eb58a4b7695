/** A ranking of a mixed index is made over each query's candidates, with their scores at every version. */

import { gatherFloats } from '../../lib/gather.js';
import { present } from '../../lib/lookup.js';
import { groupBy } from '../../lib/sort.js';
import type { State } from './metric-table.js';
import type { RowContext } from './row-context.js';

/** The candidates of one query, with their scores at every version that carries mass. */
export interface CandidateList {
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

/** The candidates of every query under one state: its logged rows, or the whole catalogue. */
export class CandidateLists {
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

  /** @param row a row of the query; over a catalogue its histogram is that of the whole list */
  of(query: number, row: number): CandidateList {
    const { evalSet, sweep } = this.context.inputs;
    const columns = this.state.parts.map(({ column }) => sweep.columns[column]!);
    if (sweep.catalogue) {
      const { count, ofRow } = sweep.catalogue;
      return {
        count,
        scores: columns.map(({ catalogue }) => {
          const scoreOf = present(catalogue, 'scores of the catalogue');
          return Float64Array.from({ length: count }, (_, c) => scoreOf(query, c));
        }),
        mass: (v) => this.massOf(v, row),
        item: (c) => c,
        own: (r) => ofRow[r]!,
      };
    }
    const { order, start } = present(this.rows, 'rows by query');
    const rows = order.subarray(start[query]!, start[query + 1]!);
    return {
      count: rows.length,
      scores: columns.map(({ scores }) => gatherFloats(scores, rows)),
      mass: (v, c) => this.massOf(v, rows[c]!),
      item: (c) => evalSet.item.codes[rows[c]!]!,
      own: (r) => this.place[r]!,
    };
  }

  private massOf(v: number, r: number): number {
    return massOf(this.state.parts[v]!, r);
  }

  get versions(): number {
    return this.state.parts.length;
  }
}

/** The mass that a part of a state has in a row. */
export function massOf({ mass }: State['parts'][number], r: number): number {
  return mass ? mass.mass[mass.histogram[r]!]! : 1;
}

/** Calls back once a query that has relevant rows, with these as indices into `positiveRows`. */
export function eachQuery({ inputs }: RowContext, visit: (query: number, positives: readonly number[]) => void): void {
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
