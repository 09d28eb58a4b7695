/** The clusters of rows in every cell of a run. */

import { type Cells, type Cut, locateCell, rowsByCell } from '../../data/evalset/cells.js';
import type { Coded } from '../../data/tables/identity.js';
import { ClusterSums, type Clusters } from '../state/cluster-sums.js';
import type { Denominator } from '../state/keys.js';

/**
 * Sums of denominators by cell and cluster, one cut at a time: only effective numbers are kept, as the sums of all cuts
 * may be larger than the rows are.
 */
export class RowClusters implements Clusters {
  /** By cut, by denominator: shape (slices). */
  private readonly counted = new Map<number, ReadonlyMap<Denominator, Float64Array>>();

  /** @param denominators shape (rows) each, weights included */
  constructor(
    private readonly cells: Cells,
    private readonly coded: Coded,
    private readonly denominators: ReadonlyMap<Denominator, Float64Array>,
  ) {}

  effective(cell: number, denominator: Denominator): number {
    const { cut, local } = locateCell(this.cells, cell);
    let counted = this.counted.get(cut);
    if (!counted) {
      const sums = this.ofCut(this.cells.cuts[cut]!);
      const count = (name: Denominator) =>
        Float64Array.from(this.cells.cuts[cut]!.slices, (_, c) => sums.effective(c, name));
      counted = new Map([...this.denominators.keys()].map((name) => [name, count(name)]));
      this.counted.set(cut, counted);
    }
    const found = counted.get(denominator)?.[local];
    if (found === undefined) throw new Error(`no clusters are counted by ${denominator}`);
    return found;
  }

  /** The clusters of one cut, in the order of their rows in each cell. */
  private ofCut(cut: Cut): ClusterSums {
    const { codes, names } = this.coded;
    const { order, start } = rowsByCell(cut);
    const first = new Uint32Array(cut.slices.length + 1);
    const values = [...this.denominators.values()];
    const sums = values.map(() => new Float64Array(codes.length));
    /** By cluster: its place in the cell at hand; a place before the cell's first is of another one. */
    const places = new Int32Array(names.length).fill(-1);
    let next = 0;
    for (let c = 0; c < cut.slices.length; c++) {
      const from = next;
      for (let i = start[c]!; i < start[c + 1]!; i++) {
        const r = order[i]!;
        const g = codes[r]!;
        if (places[g]! < from) places[g] = next++;
        for (let d = 0; d < values.length; d++) sums[d]![places[g]!]! += values[d]![r]!;
      }
      first[c + 1] = next;
    }
    return new ClusterSums(
      first,
      new Map([...this.denominators.keys()].map((name, d) => [name, sums[d]!.subarray(0, next)])),
    );
  }
}
