/** The census of rows that come in parts. */
import { cellKeys } from '../../data/evalset/cells.js';
import { denseSlots, GeometrySums } from '../state/geometry-sums.js';
import { addRowSets } from '../state/row-set.js';
import type { Census, RowSet } from '../state/summed-state.js';
import { measure } from '../tabulation/accumulate.js';
import { RowPlacement } from '../tabulation/row-placement.js';
import type { Part } from './part-sums.js';

/** Every (cluster, item) pair is whole in one part. */
export function censusOf(parts: Iterable<Part>): Census {
  let sums: GeometrySums | undefined;
  let slots: ReturnType<typeof denseSlots> | undefined;
  let keys: Census['cells'] = [];
  let all: RowSet = { rows: 0, keys: 0 };
  for (const { inputs } of parts) {
    const { evalSet, cells } = inputs;
    const place = new RowPlacement(evalSet, cells);
    slots ??= denseSlots(cells.count);
    sums ??= new GeometrySums(cells.count);
    keys = cellKeys(cells);
    const { pairs, query, item } = place;
    const dense = { pairs, query: { ...query, slots }, item: { ...item, slots } };
    const weights = cells.cuts.map(() => evalSet.weight);
    measure(sums, dense, cells.cuts, weights);
    all = addRowSets(all, place.held());
  }
  if (!sums) throw new Error('no part of any rows');
  return { cells: keys, all, geometry: sums.geometry() };
}
