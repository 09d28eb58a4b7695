/** The rows of a part with the scores of every pair of versions, from a temporary file and plain values alone. */
import { type CellName, placeCells } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import { type PartRecipe, readPart } from '../../data/evalset/streamed/read-part.js';
import type { SpilledPart } from '../../data/spill/row-spill.js';
import type { Place } from '../../errors.js';
import { lookUp } from '../../lib/lookup.js';
import { type ColumnSource, readColumns } from '../../models/scores/column-source.js';
import type { MetricRef } from '../metrics/registry.js';
import type { Mass, State, TabulateInputs } from '../tabulation/metric-table.js';
import type { Part } from './part-sums.js';

/** Everything but rows and metrics that sums are made of: any thread can be given it. */
export interface ScoredPlan {
  readonly recipe: PartRecipe;
  readonly cells: readonly CellName[];
  readonly columns: readonly ColumnSource[];
  /** True where a metric needs positions. */
  readonly positions: boolean;
  readonly firstCompared?: number;
  readonly states: readonly PlannedState[];
  /** Every mass once, as it may stand in several states. */
  readonly masses: readonly Omit<Mass, 'histogram'>[];
  readonly aligned: number;
  /** The slice column that production's histograms are by; undefined: there is one for all rows. */
  readonly by: string | undefined;
  /** Shape (values of that column): the histogram of each. */
  readonly histogram: Int32Array;
  readonly weightQueries: boolean;
}

/** A state whose masses are numbers of `masses`. */
type PlannedState = Omit<State, 'parts'> & {
  readonly parts: readonly { readonly column: number; readonly mass?: number }[];
};

/** States without their rows. */
export function planOfStates(states: readonly State[]): Pick<ScoredPlan, 'states' | 'masses'> {
  const known = [...new Set(states.flatMap(({ parts }) => parts.flatMap(({ mass }) => (mass ? [mass] : []))))];
  return {
    states: states.map((state) => ({
      ...state,
      parts: state.parts.map(({ column, mass }) => ({ column, ...(mass ? { mass: known.indexOf(mass) } : {}) })),
    })),
    masses: known.map(({ histogram: _, ...mass }) => mass),
  };
}

/**
 * @param named      whether ids have their names, which versions are drawn by: then they have them in any case
 * @param scorePlace where the release says how scores are made, for messages
 */
export function scoredPart(
  plan: ScoredPlan,
  spilled: SpilledPart,
  named: boolean,
  metrics: readonly MetricRef[],
  scorePlace?: Place,
): Part & { readonly evalSet: EvalSet } {
  const drawn = plan.states.some(({ mixedIndex }) => mixedIndex !== undefined);
  const { evalSet, items } = readPart(plan.recipe, spilled, named || drawn);
  const { columns, positiveRows } = readColumns(evalSet, plan.columns, plan.positions);
  const inputs: TabulateInputs = {
    evalSet,
    sweep: { columns, positiveRows, embedded: { query: 0, item: 0 } },
    ...(plan.firstCompared === undefined ? {} : { firstCompared: plan.firstCompared }),
    ...(scorePlace ? { scorePlace } : {}),
    cells: placeCells(evalSet, plan.cells),
    metrics,
    states: statesOf(plan, evalSet),
    aligned: plan.aligned,
    weightQueries: plan.weightQueries,
    distinctItems: false,
  };
  return { inputs, items, evalSet };
}

/** States over the rows of a part. */
function statesOf({ states, masses, by, histogram }: ScoredPlan, evalSet: EvalSet): State[] {
  const ofRow =
    by === undefined
      ? new Int32Array(evalSet.rows)
      : lookUp(evalSet.slices, by, 'slice column').codes.map((code) => histogram[code]!);
  // One object each: sums tell masses apart by it.
  const overRows = masses.map((mass): Mass => ({ ...mass, histogram: ofRow }));
  return states.map((state) => ({
    ...state,
    parts: state.parts.map(({ column, mass }) => ({
      column,
      ...(mass === undefined ? {} : { mass: overRows[mass]! }),
    })),
  }));
}
