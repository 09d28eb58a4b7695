/**
 * Effective numbers of clusters from rows that come in parts, every query cluster whole in one of them: ΣD and ΣD² of
 * the query side add up, and items have one sum each.
 */
import { type Cells, type Cut, rowsByCell } from '../../data/evalset/cells.js';
import type { Coded } from '../../data/tables/identity.js';
import { combineCodes } from '../../lib/sort.js';
import type { Clusters } from '../state/cluster-sums.js';
import type { Denominator } from '../state/keys.js';

/** Sums of one denominator over the rows of a part. */
export interface PartTally {
  /** Shape (cells) each. */
  readonly total: Float64Array;
  readonly querySquares: Float64Array;
  /** Shape (places). */
  readonly items: Float64Array;
}

/** Sums of several. */
export interface PartTallies<Name extends string = Denominator> {
  /** The item of each sum: cell · capacity + its number. */
  readonly places: Int32Array;
  readonly tallies: readonly (readonly [Name, PartTally])[];
}

/**
 * Sums over the rows of a part.
 *
 * @param numbers shape (rows): the number of each row's item, below `capacity`
 * @param values  by denominator and cut, shape (rows)
 */
export function tallyPart<Name extends string>(
  { cuts, count }: Cells,
  cluster: Coded,
  numbers: Int32Array,
  capacity: number,
  values: ReadonlyMap<Name, readonly Float64Array[]>,
): PartTallies<Name> {
  const tallies = [...values].map(([name]): [Name, PartTally & { items: Float64Array }] => [
    name,
    { total: new Float64Array(count), querySquares: new Float64Array(count), items: new Float64Array(0) },
  ]);
  const byCut = [...values.values()];
  const sums = new Float64Array(cluster.names.length);
  const items = tallies.map((): Float64Array[] => []);
  const places: Int32Array[] = [];
  for (const [n, cut] of cuts.entries()) {
    const { codes, count: kept } = combineCodes(cut.cell, numbers, capacity);
    places.push(placesOf(cut, numbers, capacity, codes, kept));
    for (const [d, [, tally]] of tallies.entries()) {
      const own = byCut[d]![n]!;
      addQueries(tally, cut, cluster.codes, own, sums);
      const ofItems = new Float64Array(kept);
      for (let r = 0; r < own.length; r++) ofItems[codes[r]!]! += own[r]!;
      items[d]!.push(ofItems);
    }
  }
  for (const [d, [, tally]] of tallies.entries()) tally.items = joined(Float64Array, items[d]!);
  return { places: joined(Int32Array, places), tallies };
}

/** The place of each (cell, item) of a cut. @param codes shape (rows): which of them */
function placesOf(
  { first, cell }: Cut,
  numbers: Int32Array,
  capacity: number,
  codes: Int32Array,
  kept: number,
): Int32Array {
  const found = new Int32Array(kept);
  for (let r = 0; r < codes.length; r++) found[codes[r]!] = (first + cell[r]!) * capacity + numbers[r]!;
  return found;
}

/** @param sums shape (clusters): zeros, before and after */
function addQueries(
  { total, querySquares }: PartTally,
  cut: Cut,
  codes: Int32Array,
  values: Float64Array,
  sums: Float64Array,
): void {
  const { order, start } = rowsByCell(cut);
  for (let c = 0; c < cut.slices.length; c++) {
    const cell = cut.first + c;
    for (let i = start[c]!; i < start[c + 1]!; i++) sums[codes[order[i]!]!]! += values[order[i]!]!;
    for (let i = start[c]!; i < start[c + 1]!; i++) {
      const g = codes[order[i]!]!;
      total[cell]! += sums[g]!;
      querySquares[cell]! += sums[g]! * sums[g]!;
      sums[g] = 0;
    }
  }
}

function joined<Numbers extends Int32Array | Float64Array>(
  Type: new (length: number) => Numbers,
  lists: readonly Numbers[],
): Numbers {
  const all = new Type(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

/** Sums of one denominator over all parts. */
interface Tally {
  /** Shape (cells) each. */
  readonly total: Float64Array;
  readonly querySquares: Float64Array;
  /** Shape (cells, capacity). */
  readonly items: Float64Array;
}

/** Tallies by denominator. */
export class ClusterTally<Name extends string = Denominator> {
  private readonly tallies = new Map<Name, Tally>();

  constructor(
    private readonly cells: number,
    private readonly capacity: number,
  ) {}

  /** Adds the sums of a part. */
  add({ places, tallies }: PartTallies<Name>): void {
    for (const [name, part] of tallies) {
      const { total, querySquares, items } = this.tallyOf(name);
      for (let cell = 0; cell < this.cells; cell++) {
        total[cell]! += part.total[cell]!;
        querySquares[cell]! += part.querySquares[cell]!;
      }
      for (let n = 0; n < places.length; n++) items[places[n]!]! += part.items[n]!;
    }
  }

  private tallyOf(name: Name): Tally {
    const known = this.tallies.get(name);
    if (known) return known;
    const { cells, capacity } = this;
    const made = {
      total: new Float64Array(cells),
      querySquares: new Float64Array(cells),
      items: new Float64Array(cells * capacity),
    };
    this.tallies.set(name, made);
    return made;
  }

  query(name: Name, cell: number): number {
    const { total, querySquares } = this.of(name);
    return effective(total[cell]!, querySquares[cell]!);
  }

  item(name: Name, cell: number): number {
    const { items } = this.of(name);
    let [total, squares] = [0, 0];
    for (let at = cell * this.capacity; at < (cell + 1) * this.capacity; at++) {
      total += items[at]!;
      squares += items[at]! * items[at]!;
    }
    return effective(total, squares);
  }

  private of(name: Name): Tally {
    const tally = this.tallies.get(name);
    if (!tally) throw new Error(`no clusters are counted by ${name}`);
    return tally;
  }
}

function effective(total: number, squares: number): number {
  return squares > 0 ? (total * total) / squares : 0;
}

/** One side of a tally, as estimates ask for it. */
export function clustersOf(tally: ClusterTally, side: 'query' | 'item'): Clusters {
  return { effective: (cell, denominator) => tally[side](denominator, cell) };
}
