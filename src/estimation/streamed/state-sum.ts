/** The state of all rows from those of their parts, added in the order of the parts. */
import { Differences } from '../state/differences.js';
import type { QuantityKey } from '../state/keys.js';
import { PartialSums } from '../state/partial-sums.js';
import { addRowSets, sameRowSet } from '../state/row-set.js';
import type { SumArrays } from '../state/sum-arrays.js';
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
import { type ClusterTally, clustersOf, type PartTallies, tallyPart } from './cluster-tally.js';

/** The state of a part as plain arrays. */
export interface StatePart {
  readonly held: RowSet;
  readonly columns: SummedState['columns'];
  readonly clipped: readonly Clipped[];
  readonly tallies: CellTallies;
  /** As of `Differences`. */
  readonly differences: Uint8Array;
  readonly sums: readonly (readonly [QuantityKey, SumArrays])[];
  readonly clusters: PartTallies;
}

/** @param numbers shape (rows): the number of each row's item, below `capacity` */
export function statePart(context: RowContext, numbers: Int32Array, capacity: number): StatePart {
  const { evalSet, cells } = context.inputs;
  const { held, columns, clipped, tallies, differences, sums } = fill(context);
  const denominators = new Map(
    [...denominatorsOf(context)].map(([name, values]) => [name, cells.cuts.map(() => values)] as const),
  );
  return {
    held,
    columns,
    clipped,
    tallies,
    differences: differences.found,
    sums: [...sums].map(([quantity, own]) => [quantity, own.arrays()]),
    clusters: tallyPart(cells, evalSet.cluster, numbers, capacity, denominators),
  };
}

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

  add(part: StatePart): void {
    this.held = addRowSets(this.held, part.held);
    this.columns = part.columns;
    this.clipped = addClipped([...this.clipped, ...part.clipped]);
    this.differences ??= new Differences(this.census.cells.length, part.columns.length);
    this.differences.add({ found: part.differences });
    for (const name of TALLIES)
      for (const [cell, value] of part.tallies[name].entries()) this.tallies[name][cell]! += value;
    for (const [quantity, own] of part.sums) {
      const columns = own.magnitudes.length / this.census.cells.length;
      const total = this.sums.get(quantity) ?? new PartialSums(columns, this.census.geometry);
      total.add(own);
      this.sums.set(quantity, total);
    }
    this.clusters.add(part.clusters);
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
