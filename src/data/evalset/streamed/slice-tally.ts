/** Slice values of rows that come in batches: their names, the cells that occur, and what weighs in each. */
import type { SliceColumns } from '../../../documents/policy/policy.js';
import type { Place } from '../../../errors.js';
import { combineCodes } from '../../../lib/sort.js';
import type { Coded } from '../../tables/identity.js';
import { type CellName, cellNames, refuseMany } from '../cells.js';

/** Rows by cell and by the value of one slice column. */
export interface SliceShares {
  /** The values of that column, ascending. */
  readonly names: readonly string[];
  /** Shape (cells, names) each: Σ weight, and the number of rows. */
  readonly weight: Float64Array;
  readonly rows: Float64Array;
}

/** Rows that have the same values of some columns. */
interface Combination {
  readonly values: readonly string[];
  weight: number;
  rows: number;
}

export class SliceTally {
  private readonly index = new Map<string, Map<string, number>>();
  private readonly known = new Map<string, string[]>();
  /** By cut: rows by the values of its columns and then of `by`. */
  private readonly combinations: readonly Map<string, Combination>[];

  /**
   * @param cuts    as `wantedCuts` gives them
   * @param by      the slice column that shares are by; undefined: none is
   * @param placeOf where a slice column is written
   */
  constructor(
    slices: readonly string[],
    private readonly cuts: readonly SliceColumns[],
    private readonly by: string | undefined,
    private readonly placeOf: (column: string) => Place | undefined,
  ) {
    for (const name of slices) {
      this.index.set(name, new Map());
      this.known.set(name, []);
    }
    this.combinations = cuts.map(() => new Map());
  }

  /** The names of a column's values, in the order of their first row. */
  names(column: string): readonly string[] {
    const names = this.known.get(column);
    if (!names) throw new Error(`slice column ${column} was not read`);
    return names;
  }

  /** Adds rows; gives their codes by the names of all batches. @param weight shape (rows) */
  add(slices: ReadonlyMap<string, Coded>, weight: Float64Array): Map<string, Int32Array> {
    const codes = new Map([...slices].map(([name, coded]) => [name, this.code(name, coded)]));
    for (const [n, columns] of this.cuts.entries()) this.combine(n, columns, codes, weight);
    return codes;
  }

  private code(column: string, { codes, names }: Coded): Int32Array {
    const index = this.index.get(column)!;
    const known = this.known.get(column)!;
    const of = Int32Array.from(names, (name) => {
      let code = index.get(name);
      if (code === undefined) {
        code = known.push(name) - 1;
        index.set(name, code);
        refuseMany(0, known.length, [column], this.placeOf);
      }
      return code;
    });
    return codes.map((code) => of[code]!);
  }

  private combine(n: number, columns: SliceColumns, codes: Map<string, Int32Array>, weight: Float64Array): void {
    const all = this.by === undefined ? columns : [...columns, this.by];
    let own: { codes: Int32Array; count: number } = { codes: new Int32Array(weight.length), count: 1 };
    for (const name of all) own = combineCodes(own.codes, codes.get(name)!, this.names(name).length);
    const first = new Int32Array(own.count).fill(-1);
    const sums = new Float64Array(own.count);
    const rows = new Float64Array(own.count);
    for (let r = 0; r < weight.length; r++) {
      const c = own.codes[r]!;
      if (first[c] === -1) first[c] = r;
      sums[c]! += weight[r]!;
      rows[c]!++;
    }
    const found = this.combinations[n]!;
    for (let c = 0; c < own.count; c++) {
      const values = all.map((name) => this.names(name)[codes.get(name)![first[c]!]!]!);
      const key = JSON.stringify(values);
      const known = found.get(key) ?? { values, weight: 0, rows: 0 };
      known.weight += sums[c]!;
      known.rows += rows[c]!;
      found.set(key, known);
    }
  }

  /** The cells that occur, in their order. */
  cells(): CellName[] {
    const cuts = this.cuts.map((columns, n) => {
      const values = new Map<string, readonly string[]>();
      for (const combination of this.combinations[n]!.values()) {
        const own = combination.values.slice(0, columns.length);
        values.set(JSON.stringify(own), own);
      }
      return { columns, values: [...values.values()] };
    });
    return cellNames(cuts, this.placeOf);
  }

  /** The shares of each cell by the values of a slice column; undefined where there is none. */
  shares(cells: readonly CellName[]): SliceShares | undefined {
    if (this.by === undefined) return undefined;
    const names = this.names(this.by).toSorted((a, b) => (a < b ? -1 : 1));
    const place = new Map(names.map((name, i) => [name, i]));
    const at = new Map(cells.map(({ columns, values }, cell) => [JSON.stringify([columns, values]), cell]));
    const weight = new Float64Array(cells.length * names.length);
    const rows = new Float64Array(cells.length * names.length);
    for (const [n, columns] of this.cuts.entries())
      for (const combination of this.combinations[n]!.values()) {
        const cell = at.get(JSON.stringify([columns, combination.values.slice(0, columns.length)]))!;
        const i = cell * names.length + place.get(combination.values[columns.length]!)!;
        weight[i]! += combination.weight;
        rows[i]! += combination.rows;
      }
    return { names, weight, rows };
  }
}
