/** The names that partial sums go by, whoever filled them: nothing in a state means something by its position alone. */
/** Rows that share the values of some slice columns; no columns are all rows. */
export interface CellKey {
  readonly columns: readonly string[];
  /** A value for each column. */
  readonly values: readonly string[];
}

/** A pair of tower versions, in steps behind the live one of its family. */
export interface PairKey {
  readonly family: 'candidate' | 'compared';
  readonly query: number;
  readonly item: number;
}

/** A pair that counts in each row with the mass of the row's histogram; histograms by name, ascending. */
export interface PartKey extends PairKey {
  readonly mass?: readonly (readonly [histogram: string, mass: number])[];
}

/** A column of summed quantities is of one pair of versions, or of a production mix of several. */
export interface ColumnKey {
  readonly parts: readonly PartKey[];
  /** The pair at distance 0 that its change is measured against. */
  readonly against: PairKey;
}

/** The name of what is summed a row, such as `loss`: metrics say which there are. */
export type QuantityKey = string;

/** Effective clusters are counted by Σw, by Σwy, or by Σw·quantity at distance 0. */
export type Denominator = 'w' | 'wy' | `aligned:${QuantityKey}`;

/** Columns before those of the versions, in the sums of every quantity: w and wy. */
export const LEADING = 2;

/** A key as one text: equal for equal keys, whoever wrote them. */
export function textOf(key: CellKey | ColumnKey): string {
  return 'values' in key
    ? JSON.stringify([key.columns, key.values])
    : JSON.stringify([
        key.parts.map(({ family, query, item, mass }) => [family, query, item, mass ?? []]),
        [key.against.family, key.against.query, key.against.item],
      ]);
}

/** By code units: the same on every machine. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
