/** Names of the tables that statements make and read, none of which stays; and numbers as SQL reads them. */

/** The rows as they are given, with texts. */
export const GIVEN = 'skewgate_given';
/** Distinct ids. */
export const NAMES = 'skewgate_names';
/** Cells by number, and the cells of every combination of slice values. */
export const CELLS = 'skewgate_cells';
export const PLACES = 'skewgate_places';
export const COMBINATIONS = 'skewgate_combinations';
/** Rows by number; pairs with several rows; queries. */
export const KEYED = 'skewgate_keyed';
export const REPEATED = 'skewgate_repeated';
export const SPLIT = 'skewgate_split';
/** The rows that all sums are of. */
export const ROWS = 'skewgate_rows';

/** A number as every dialect reads it, all of its digits kept. */
export function literal(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} is no number of SQL`);
  return value < 0 ? `(${value.toExponential()})` : value.toExponential();
}
