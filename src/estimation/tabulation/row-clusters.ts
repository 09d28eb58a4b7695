/** The clusters of rows in every cell of a run. */

import { type Cells, type Cut, locateCell, rowsByCell } from '../../data/evalset/cells.js';
import type { Coded } from '../../data/tables/identity.js';
import { lookUp } from '../../lib/lookup.js';
import { ClusterSums, type Clusters, clusterKey } from '../state/cluster-sums.js';
import type { Denominator } from '../state/keys.js';

/**
 * Sums of denominators by cell and cluster, one cut at a time: only effective numbers are kept, as the sums of all cuts
 * may be larger than the rows are. Written or merged, they are made in whole.
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

  sums(): ClusterSums {
    const parts = this.cells.cuts.map((cut) => this.ofCut(cut));
    const first = new Uint32Array(this.cells.count + 1);
    const offsets = [0];
    for (const [n, part] of parts.entries()) {
      for (const [c, from] of part.first.entries()) first[this.cells.cuts[n]!.first + c] = offsets[n]! + from;
      offsets.push(first[this.cells.cuts[n]!.first + part.first.length - 1]!);
    }
    const sums = [...this.denominators.keys()].map((name): [Denominator, Float64Array] => {
      const all = new Float64Array(first[this.cells.count]!);
      for (const [n, part] of parts.entries()) all.set(lookUp(part.values, name, 'sums'), offsets[n]!);
      return [name, all];
    });
    const keys = new BigUint64Array(first[this.cells.count]!);
    for (const [n, part] of parts.entries()) keys.set(part.keys, offsets[n]!);
    return new ClusterSums(first, () => keys, new Map(sums));
  }

  /** The clusters of one cut, in the order of their rows in each cell. */
  private ofCut(cut: Cut): ClusterSums {
    const { codes, names } = this.coded;
    const { order, start } = rowsByCell(cut);
    const first = new Uint32Array(cut.slices.length + 1);
    const clusters = new Int32Array(codes.length);
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
        if (places[g]! < from) {
          clusters[next] = g;
          places[g] = next++;
        }
        for (let d = 0; d < values.length; d++) sums[d]![places[g]!]! += values[d]![r]!;
      }
      first[c + 1] = next;
    }
    return new ClusterSums(
      first,
      () => BigUint64Array.from({ length: next }, (_, at) => clusterKey(names[clusters[at]!]!)),
      new Map([...this.denominators.keys()].map((name, d) => [name, sums[d]!.subarray(0, next)])),
    );
  }
}
