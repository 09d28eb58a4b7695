/** The columns of rows that go through a temporary file. */
import type { Coded } from '../tables/identity.js';

export interface Layout {
  /** Columns of names that may be as many as the rows: each piece has its own. */
  readonly ids: readonly string[];
  /** Columns of codes whose names are kept elsewhere. */
  readonly codes: readonly string[];
  readonly numbers: readonly string[];
}

export interface SpilledRows {
  readonly rows: number;
  readonly ids: ReadonlyMap<string, Coded>;
  /** Shape (rows) each. */
  readonly codes: ReadonlyMap<string, Int32Array>;
  readonly numbers: ReadonlyMap<string, Float64Array>;
}

/** Bytes that rows take at least, without the text of their names. */
export function leastBytes({ ids, codes, numbers }: Layout, rows: number): number {
  return rows * (4 * (ids.length + codes.length) + 8 * numbers.length);
}
