/**
 * The cells in which the scores of two columns differ in some row. They tell an error of 0 that is exact from one that
 * nothing is known of.
 */

/** Pairs of columns, a < b, are numbered b·(b-1)/2 + a. */
export class Differences {
  /** Shape (cells, pairs): 1 where the columns of a pair differ in some row of the cell. */
  readonly found: Uint8Array;
  private readonly pairs: number;

  constructor(
    readonly cells: number,
    readonly columns: number,
  ) {
    this.pairs = (columns * (columns - 1)) / 2;
    this.found = new Uint8Array(cells * this.pairs);
  }

  /** The pairs of a cell that have not been told apart yet: the rest of its rows is asked about those alone. */
  open(cell: number): readonly number[] {
    const open: number[] = [];
    for (let pair = 0; pair < this.pairs; pair++) if (this.found[cell * this.pairs + pair] === 0) open.push(pair);
    return open;
  }

  mark(cell: number, pair: number): void {
    this.found[cell * this.pairs + pair] = 1;
  }

  differ(cell: number, a: number, b: number): boolean {
    return a !== b && this.found[cell * this.pairs + pairOf(Math.min(a, b), Math.max(a, b))] === 1;
  }

  /** Adds what other rows tell apart. */
  add(other: Pick<Differences, 'found'>): void {
    for (let i = 0; i < this.found.length; i++) if (other.found[i] === 1) this.found[i] = 1;
  }

  /** The same with the columns in another order: column c of the result is column order[c] of these. */
  arranged(order: readonly number[]): Differences {
    const result = new Differences(this.cells, order.length);
    for (let cell = 0; cell < this.cells; cell++)
      for (let b = 1; b < order.length; b++)
        for (let a = 0; a < b; a++) if (this.differ(cell, order[a]!, order[b]!)) result.mark(cell, pairOf(a, b));
    return result;
  }
}

/** The number of a pair of columns, a < b. */
function pairOf(a: number, b: number): number {
  return (b * (b - 1)) / 2 + a;
}

/** The columns of each pair, by its number. */
export function columnPairs(columns: number): readonly (readonly [a: number, b: number])[] {
  return Array.from({ length: columns }, (_, b) =>
    Array.from({ length: b }, (__, a): [number, number] => [a, b]),
  ).flat();
}
