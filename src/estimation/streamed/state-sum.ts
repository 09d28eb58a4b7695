/** The state of all rows from those of their parts, added in the order in which they come. */
import { Differences } from '../state/differences.js';
import type { QuantityKey } from '../state/keys.js';
import { PartialSums } from '../state/partial-sums.js';
import { addRowSets, sameRowSet } from '../state/row-set.js';
import {
  type CellTallies,
  type Census,
  type Clipped,
  type RowSet,
  type SummedState,
  TALLIES,
} from '../state/summed-state.js';
import { denominatorsOf, fill } from '../tabulation/fill-state.js';
import type { RowContext } from '../tabulation/row-context.js';
import { type ClusterTally, clustersOf } from './cluster-tally.js';

export class StateSum {
  private held: RowSet = { rows: 0, keys: 0 };
  private clipped: Clipped[] = [];
  private columns: SummedState['columns'] = [];
  private differences: Differences | undefined;
  private readonly tallies: CellTallies;
  private readonly sums = new Map<QuantityKey, PartialSums>();

  constructor(
    private readonly census: Census,
    private readonly clusters: ClusterTally,
  ) {
    const zeros = () => new Float64Array(census.cells.length);
    this.tallies = {
      rows: zeros(),
      positives: zeros(),
      weightedPositives: zeros(),
      positiveMass: zeros(),
      negativeMass: zeros(),
    };
  }

  /** @param slot shape (rows): the number of each row's item */
  add(context: RowContext, slot: Int32Array): void {
    const { evalSet, cells } = context.inputs;
    const state = fill(context);
    this.held = addRowSets(this.held, state.held);
    this.columns = state.columns;
    this.clipped = addClipped([...this.clipped, ...state.clipped]);
    this.differences ??= new Differences(this.census.cells.length, state.columns.length);
    this.differences.add(state.differences);
    for (const name of TALLIES)
      for (const [cell, value] of state.tallies[name].entries()) this.tallies[name][cell]! += value;
    for (const [quantity, part] of state.sums) {
      const total = this.sums.get(quantity) ?? new PartialSums(part.columns, this.census.geometry);
      total.add(part);
      this.sums.set(quantity, total);
    }
    for (const [name, values] of denominatorsOf(context)) this.clusters.add(name, cells, evalSet.cluster, slot, values);
  }

  /** @param metrics those that are no sums over rows */
  state(metrics: SummedState['metrics']): SummedState {
    const { census, held, columns, clipped, tallies, differences, sums } = this;
    if (!differences || !sameRowSet(held, census.all)) throw new Error('parts that are not those of the census');
    return {
      census,
      held,
      columns,
      clipped,
      tallies,
      clusters: { query: clustersOf(this.clusters, 'query'), item: clustersOf(this.clusters, 'item') },
      differences,
      sums,
      metrics,
    };
  }
}

/** Sums by pair of versions. */
function addClipped(all: readonly Clipped[]): Clipped[] {
  const found = new Map<string, Clipped>();
  for (const { pair, rows } of all) {
    const key = JSON.stringify([pair.family, pair.query, pair.item]);
    found.set(key, { pair, rows: rows + (found.get(key)?.rows ?? 0) });
  }
  return [...found.values()];
}
