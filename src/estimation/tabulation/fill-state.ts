/**
 * From score columns to the state of the summed metrics: counts, clusters, what differs, and one pass over the rows for
 * the sums of all quantities.
 */

import type { Cut } from '../../data/evalset/cells.js';
import type { SumMetric } from '../metrics/metric.js';
import type { Quantity } from '../metrics/quantity.js';
import type { MetricRef } from '../metrics/registry.js';
import { columnPairs, Differences } from '../state/differences.js';
import { type Denominator, LEADING, type QuantityKey } from '../state/keys.js';
import type { PartialSums } from '../state/partial-sums.js';
import type { CellTallies, SummedState } from '../state/summed-state.js';
import { accumulate, type Target } from './accumulate.js';
import { columnKeys } from './column-keys.js';
import type { State, TabulateInputs } from './metric-table.js';
import { RowClusters } from './row-clusters.js';
import { RowContext } from './row-context.js';

/** Steps of `fillSteps`. */
export const FILLING = 4;

/** The state of a shard, or of all rows where the inputs name no census. */
export function fillState(inputs: TabulateInputs): SummedState {
  return fill(new RowContext(inputs));
}

/** The quantities that the summed metrics among some are of. */
export function quantitiesOf(metrics: readonly MetricRef[]): Quantity[] {
  return [...new Set(metrics.flatMap(({ metric }) => (metric.kind === 'sums' ? [metric.quantity] : [])))];
}

/** The same over predictions that other metrics of the run share. */
export function fill(context: RowContext): SummedState {
  const steps = fillSteps(context, sumQuantities(context, quantitiesOf(context.inputs.metrics)));
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The same in FILLING steps, each told when it is done.
 *
 * @param sums those of each quantity; nobody looks at them before the state is used
 */
export function* fillSteps(context: RowContext, sums: SummedState['sums']): Generator<void, SummedState> {
  const { inputs } = context;
  const denominators = denominatorsOf(context);
  const tallies = tally(context);
  yield;
  const query = new RowClusters(inputs.cells, inputs.evalSet.cluster, denominators);
  yield;
  const item = new RowClusters(inputs.cells, inputs.evalSet.item, denominators);
  yield;
  const differences = tellApart(context);
  yield;
  return {
    census: context.census(),
    get held() {
      return context.held();
    },
    columns: columnKeys(inputs),
    clipped: context.clipped,
    tallies,
    clusters: { query, item },
    differences,
    sums,
    metrics: new Map(),
  };
}

/** The columns of each quantity: w, wy, and w·quantity of every state. */
export function sumQuantities(context: RowContext, quantities: readonly Quantity[]): Map<QuantityKey, PartialSums> {
  const { cells, states } = context.inputs;
  if (quantities.length === 0) return new Map();
  const width = LEADING + states.length;
  const targets = quantities.map((quantity) => ({
    sums: context.partialSums(width),
    fill: columnsOf(context, quantity),
  }));
  accumulate(context, cells.cuts, targets, context.share);
  return new Map(quantities.map((quantity, n) => [quantity.id, targets[n]!.sums]));
}

function columnsOf({ inputs: { evalSet, states }, predictors }: RowContext, quantity: Quantity): Target['fill'] {
  const { label, weight } = evalSet;
  let ofColumn = predictors.map(() => new Float64Array(0));
  return (rows, out, stride) => {
    for (let i = 0; i < rows.length; i++) {
      const r = rows[i]!;
      out[i * stride] = weight[r]!;
      out[i * stride + 1] = weight[r]! * label[r]!;
    }
    if (ofColumn.some(({ length }) => length < rows.length))
      ofColumn = predictors.map(() => new Float64Array(rows.length));
    for (const [c, predictor] of predictors.entries()) {
      const values = ofColumn[c]!;
      for (let i = 0; i < rows.length; i++) {
        const r = rows[i]!;
        values[i] = weight[r]! * quantity.of(predictor, r, label[r]!);
      }
    }
    for (const [s, { parts }] of states.entries()) {
      for (let i = 0; i < rows.length; i++) out[i * stride + LEADING + s] = 0;
      for (const part of parts) addPart(part, rows, ofColumn[part.column]!, out, LEADING + s, stride);
    }
  };
}

/** Adds what a version has in rows, by the mass that it carries there. @param values shape (rows), or longer */
function addPart(
  { mass }: State['parts'][number],
  rows: Uint32Array,
  values: Float64Array,
  out: Float64Array,
  at: number,
  stride: number,
): void {
  for (let i = 0; i < rows.length; i++)
    out[i * stride + at]! += mass ? values[i]! * mass.mass[mass.histogram[rows[i]!]!]! : values[i]!;
}

/** The denominator that effective clusters of a metric are counted by. */
export function denominatorName({ denominator, quantity }: SumMetric): Denominator {
  return denominator === 'aligned' ? `aligned:${quantity.id}` : denominator;
}

/** Shape (rows) each. Weights are always among them, as the floors are of them. */
export function denominatorsOf(context: RowContext): Map<Denominator, Float64Array> {
  const { label, weight } = context.inputs.evalSet;
  const metrics = context.inputs.metrics.map(({ metric }) => metric).filter((metric) => metric.kind === 'sums');
  const found = new Map<Denominator, Float64Array>([['w', weight]]);
  for (const metric of metrics) {
    const name = denominatorName(metric);
    if (found.has(name)) continue;
    found.set(
      name,
      metric.denominator === 'wy'
        ? weight.map((w, r) => w * label[r]!)
        : weight.map((w, r) => w * metric.quantity.of(context.predictors[context.alignedColumn]!, r, label[r]!)),
    );
  }
  return found;
}

function tally({ inputs: { evalSet, cells } }: RowContext): CellTallies {
  const { label, weight } = evalSet;
  const rows = new Float64Array(cells.count);
  const positives = new Float64Array(cells.count);
  const weightedPositives = new Float64Array(cells.count);
  const positiveMass = new Float64Array(cells.count);
  const negativeMass = new Float64Array(cells.count);
  for (const { first, cell } of cells.cuts)
    for (let r = 0; r < cell.length; r++) {
      const c = first + cell[r]!;
      const [y, w] = [label[r]!, weight[r]!];
      rows[c]!++;
      positiveMass[c]! += w * y;
      negativeMass[c]! += w * (1 - y);
      if (y > 0) positives[c]!++;
      if (y > 0 && w > 0) weightedPositives[c]!++;
    }
  return { rows, positives, weightedPositives, positiveMass, negativeMass };
}

/** Finds the states that differ in some row of a cell. Most are told apart by a cell's first rows. */
function tellApart({ inputs: { states, sweep, cells } }: RowContext): Differences {
  const differences = new Differences(cells.count, states.length);
  const scoresOf = ({ parts }: State): Part[] =>
    parts.map(({ column, mass }) => ({ scores: sweep.columns[column]!.scores, mass }));
  const parts = columnPairs(states.length).map(([a, b]) => [...scoresOf(states[a]!), ...scoresOf(states[b]!)]);
  for (const cut of cells.cuts) tellApartIn(cut, parts, differences);
  return differences;
}

/** The scores of a version, and where they count. */
interface Part {
  readonly scores: Float64Array;
  readonly mass: State['parts'][number]['mass'];
}

function tellApartIn(
  { first, cell, slices }: Cut,
  parts: readonly (readonly Part[])[],
  differences: Differences,
): void {
  const open = slices.map((_, c) => [...differences.open(first + c)]);
  let left = open.length;
  for (let r = 0; r < cell.length && left > 0; r++) {
    const c = cell[r]!;
    const pairs = open[c]!;
    if (pairs.length === 0) continue;
    for (let i = pairs.length - 1; i >= 0; i--) {
      if (!scoresDiffer(parts[pairs[i]!]!, r)) continue;
      differences.mark(first + c, pairs[i]!);
      pairs.splice(i, 1);
    }
    if (pairs.length === 0) left--;
  }
}

/** Says whether a row has several scores among versions that carry mass there. */
function scoresDiffer(parts: readonly Part[], r: number): boolean {
  let first: number | undefined;
  for (const { scores, mass } of parts) {
    if (mass && !(mass.mass[mass.histogram[r]!]! > 0)) continue;
    first ??= scores[r]!;
    if (scores[r] !== first) return true;
  }
  return false;
}
