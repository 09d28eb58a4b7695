/** The pass over the rows that fills partial sums. */

import type { Cut } from '../../data/evalset/cells.js';
import type { Share } from '../../lib/progress.js';
import type { Grouping } from '../../lib/sort.js';
import type { Geometry } from '../state/geometry.js';
import type { PartialSums } from '../state/partial-sums.js';
import type { Slots } from '../state/slots.js';
import { BLOCK, PairBlock } from './pair-block.js';

/** Partial sums and how the columns of rows are computed. */
export interface Target {
  readonly sums: PartialSums;
  /** Writes the columns of rows into `out`, those of rows[i] from i · stride on. */
  fill(rows: Uint32Array, out: Float64Array, stride: number): void;
}

/** One side of the places in which rows count. */
export interface Way {
  readonly slots: Slots;
  /** Shape (rows): the bucket of each row's cluster. */
  readonly bucket: Uint16Array;
}

/** The places in which rows count: the slots of their clusters and items in a cell. */
export interface Placement {
  readonly pairs: Grouping;
  readonly query: Way;
  readonly item: Way;
}

/** Rows by cell of a cut. */
function byCell(rows: Uint32Array, cell: Int32Array): Iterable<[cell: number, rows: Uint32Array]> {
  const found = new Map<number, Uint32Array>();
  for (const r of rows)
    if (!found.has(cell[r]!))
      found.set(
        cell[r]!,
        rows.filter((other) => cell[other] === cell[r]),
      );
  return found;
}

/** Takes the weights of rows and of pairs, as a geometry does. */
export type Weighed = Pick<Geometry, 'addRow' | 'closeRows' | 'addPair'>;

/** Fills a geometry with the weights of the rows, one list a cut. */
export function measure(
  geometry: Weighed,
  { pairs, query, item }: Placement,
  cuts: readonly Cut[],
  weights: readonly Float64Array[],
): void {
  for (const [n, { first, cell }] of cuts.entries())
    for (let r = 0; r < cell.length; r++) {
      const c = first + cell[r]!;
      geometry.addRow(c, query.slots.slot(c, query.bucket[r]!), item.slots.slot(c, item.bucket[r]!), weights[n]![r]!);
    }
  geometry.closeRows();
  const addPair = (c: number, r: number, weight: number) =>
    geometry.addPair(c, query.slots.slot(c, query.bucket[r]!), item.slots.slot(c, item.bucket[r]!), weight);
  const { order, start } = pairs;
  for (const [n, { first, cell }] of cuts.entries()) {
    const weight = weights[n]!;
    for (let p = 0; p + 1 < start.length; p++) {
      const r = order[start[p]!]!;
      if (start[p + 1]! === start[p]! + 1) addPair(first + cell[r]!, r, weight[r]!);
      else
        for (const [own, members] of byCell(order.subarray(start[p]!, start[p + 1]!), cell))
          addPair(
            first + own,
            members[0]!,
            members.reduce((sum, member) => sum + weight[member]!, 0),
          );
    }
  }
}

/**
 * Adds every row to its cell of each cut. Rows that share cluster and item are one pair: the intersection term of the
 * two-way variance is over pairs, so their columns are summed before they enter the moments.
 *
 * @param told hears of the share of the rows that is added
 */
export function accumulate(
  place: Placement,
  cuts: readonly Cut[],
  targets: readonly Target[],
  told?: Pick<Share, 'tell'>,
): void {
  const { start } = place.pairs;
  const block = new PairBlock(place, cuts);
  for (let from = 0, to = 0; from + 1 < start.length; from = to) {
    to = from + 1;
    while (to + 1 < start.length && start[to + 1]! - start[from]! <= BLOCK) to++;
    block.take(from, to);
    for (const target of targets) block.addTo(target);
    told?.tell(start[to]! / start[start.length - 1]!);
  }
  block.close();
}
