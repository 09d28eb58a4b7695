/** The census of rows that come in parts: every (cluster, item) pair is whole in one of them. */
import { cellKeys } from '../../data/evalset/cells.js';
import { denseSlots, GeometrySums } from '../state/geometry-sums.js';
import { addRowSets } from '../state/row-set.js';
import type { Census, RowSet } from '../state/summed-state.js';
import { measure } from '../tabulation/accumulate.js';
import { RowPlacement } from '../tabulation/row-placement.js';
import type { Part } from './part-sums.js';

/** The census of the parts that were added. */
export class CensusSum {
  private sums: GeometrySums | undefined;
  private slots: ReturnType<typeof denseSlots> | undefined;
  private keys: Census['cells'] = [];
  private all: RowSet = { rows: 0, keys: 0 };

  add({ inputs: { evalSet, cells } }: Part): void {
    const place = new RowPlacement(evalSet, cells);
    this.slots ??= denseSlots(cells.count);
    this.sums ??= new GeometrySums(cells.count);
    this.keys = cellKeys(cells);
    const { pairs, query, item } = place;
    const { slots } = this;
    const weights = cells.cuts.map(() => evalSet.weight);
    measure(this.sums, { pairs, query: { ...query, slots }, item: { ...item, slots } }, cells.cuts, weights);
    this.all = addRowSets(this.all, place.held());
  }

  census(): Census {
    const { sums, keys, all } = this;
    if (!sums) throw new Error('no part of any rows');
    return { cells: keys, all, geometry: sums.geometry() };
  }
}
