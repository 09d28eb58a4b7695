/**
 * Effective numbers of clusters from rows that come in parts, every query cluster whole in one of them: ΣD and ΣD² of
 * the query side add up, and items have one sum each.
 */
import { type Cells, type Cut, rowsByCell } from '../../data/evalset/cells.js';
import type { Coded } from '../../data/tables/identity.js';
import type { Clusters } from '../state/cluster-sums.js';
import type { Denominator } from '../state/keys.js';

/** Sums of one denominator. */
class Tally {
  /** Shape (cells) each. */
  readonly total: Float64Array;
  readonly querySquares: Float64Array;
  /** Shape (cells, capacity). */
  readonly items: Float64Array;

  constructor(
    cells: number,
    private readonly capacity: number,
  ) {
    this.total = new Float64Array(cells);
    this.querySquares = new Float64Array(cells);
    this.items = new Float64Array(cells * capacity);
  }

  /** @param values shape (rows) */
  add(cut: Cut, cluster: Coded, slot: Int32Array, values: Float64Array): void {
    const { order, start } = rowsByCell(cut);
    const sums = new Float64Array(cluster.names.length);
    for (let c = 0; c < cut.slices.length; c++) {
      const cell = cut.first + c;
      for (let i = start[c]!; i < start[c + 1]!; i++) {
        const r = order[i]!;
        sums[cluster.codes[r]!]! += values[r]!;
        this.items[cell * this.capacity + slot[r]!]! += values[r]!;
      }
      for (let i = start[c]!; i < start[c + 1]!; i++) {
        const g = cluster.codes[order[i]!]!;
        this.total[cell]! += sums[g]!;
        this.querySquares[cell]! += sums[g]! * sums[g]!;
        sums[g] = 0;
      }
    }
  }

  query(cell: number): number {
    return effective(this.total[cell]!, this.querySquares[cell]!);
  }

  item(cell: number): number {
    let [total, squares] = [0, 0];
    for (let at = cell * this.capacity; at < (cell + 1) * this.capacity; at++) {
      total += this.items[at]!;
      squares += this.items[at]! * this.items[at]!;
    }
    return effective(total, squares);
  }
}

function effective(total: number, squares: number): number {
  return squares > 0 ? (total * total) / squares : 0;
}

/** Tallies by denominator. */
export class ClusterTally<Name extends string = Denominator> {
  private readonly tallies = new Map<Name, Tally>();

  constructor(
    private readonly cells: number,
    private readonly capacity: number,
  ) {}

  /**
   * Adds the rows of a part.
   *
   * @param slot   shape (rows): the number of each row's item
   * @param values shape (rows)
   */
  add(name: Name, { cuts }: Pick<Cells, 'cuts'>, cluster: Coded, slot: Int32Array, values: Float64Array): void {
    let tally = this.tallies.get(name);
    if (!tally) {
      tally = new Tally(this.cells, this.capacity);
      this.tallies.set(name, tally);
    }
    for (const cut of cuts) tally.add(cut, cluster, slot, values);
  }

  query(name: Name, cell: number): number {
    return this.of(name).query(cell);
  }

  item(name: Name, cell: number): number {
    return this.of(name).item(cell);
  }

  private of(name: Name): Tally {
    const tally = this.tallies.get(name);
    if (!tally) throw new Error(`no clusters are counted by ${name}`);
    return tally;
  }
}

/** One side of a tally, as estimates ask for it. */
export function clustersOf(tally: ClusterTally, side: 'query' | 'item'): Clusters {
  return { effective: (cell, denominator) => tally[side](denominator, cell) };
}
