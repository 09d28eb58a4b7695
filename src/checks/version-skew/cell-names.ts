/** Cells by their name: the cut of a rule's columns, the slice of a cell, and the cell of a slice. */

import { type Cells, type Cut, locateCell, type Slice, sameColumns } from '../../data/evalset/cells.js';
import type { SliceColumns } from '../../documents/policy/policy.js';

/** The cell of all rows: the first cut has it alone. */
export const ALL_ROWS = 0;

/** The cut by columns that a rule names: the cells are built from the policy's rules, so that there is one. */
export function cutBy({ cuts }: Cells, columns: SliceColumns): Cut {
  const cut = cuts.find((one) => sameColumns(one.columns, columns));
  if (!cut) throw new Error(`no cells of ${columns.join('*')}`);
  return cut;
}

/** The cut that a cell is of. */
export function cutOf(cells: Cells, cell: number): Cut {
  return cells.cuts[locateCell(cells, cell).cut]!;
}

export function sliceOf(cells: Cells, cell: number): Slice {
  const { cut, local } = locateCell(cells, cell);
  return cells.cuts[cut]!.slices[local]!;
}

/** The cell of a slice; of one that no row is of, a bug. */
export function cellOf(cells: Cells, slice: Slice): number {
  const { first, slices } = cutBy(cells, Object.keys(slice));
  const entries = Object.entries(slice);
  const same = slices.indexOf(slice);
  const local = same >= 0 ? same : slices.findIndex((one) => entries.every(([column, value]) => one[column] === value));
  if (local < 0) throw new Error(`no cell of ${JSON.stringify(slice)}`);
  return first + local;
}
