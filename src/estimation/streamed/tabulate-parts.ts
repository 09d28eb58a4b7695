/**
 * The state of rows of which only a part is in memory at a time. Two passes over the parts: the census of the rows;
 * then sums. Metrics of rankings, of orders and of bins take one more between them, in which weights and masses are
 * summed. What comes of it is what one pass over all rows gives, but for the order of addition and for the bins of the
 * metrics of orders (docs/decisions/0015-streamed-rows.md).
 */
import { giveBack } from '../../lib/memory.js';
import { type Progress, SILENT } from '../../lib/progress.js';
import type { Census, SummedState } from '../state/summed-state.js';
import type { TabulateInputs } from '../tabulation/metric-table.js';
import type { Reliability } from '../tabulation/reliability.js';
import { censusOf } from './census.js';
import { type StreamBounds, TabulationParts } from './tabulation-parts.js';

export type { StreamBounds } from './tabulation-parts.js';

/** Parts of the rows, each with all rows of its query clusters. */
export interface InParts {
  readonly parts: number;
  /** What is tabulated over the rows of a part, without a census; the cells are those of all rows. */
  inputs(part: number): TabulateInputs;
}

export interface StreamedState {
  readonly state: SummedState;
  /** Undefined where no metric is about calibration. */
  readonly reliability: Reliability | undefined;
  readonly bounds: StreamBounds;
}

/** Rows that edges of bins are taken from at least, where there are as many. */
const SAMPLE = 200_000;

export function tabulateParts(source: InParts, progress: Progress = SILENT): StreamedState {
  const census = censusOf(partsOf(source, 'census of the rows', progress));
  const tabulation = new TabulationParts([...sampleOf(source, census)], census);
  if (tabulation.weighs)
    for (const inputs of partsOf(source, 'weights and masses', progress)) tabulation.weigh({ ...inputs, census });
  for (const inputs of partsOf(source, 'sums over the rows', progress)) tabulation.add({ ...inputs, census });
  const { reliability, bounds } = tabulation;
  return { state: tabulation.summed(), reliability, bounds };
}

function* partsOf(source: InParts, detail: string, progress: Progress): Generator<TabulateInputs> {
  const step = { stage: 'measuring', detail, total: source.parts, unit: 'parts' };
  for (let part = 0; part < source.parts; part++) {
    progress({ ...step, done: part });
    yield source.inputs(part);
    giveBack();
  }
  progress({ ...step, done: source.parts });
}

/** Parts go by the hash of their clusters: the first ones are a sample of the rows that is the same in every run. */
function* sampleOf(source: InParts, census: Census): Generator<TabulateInputs> {
  for (let part = 0, rows = 0; part < source.parts && rows < SAMPLE; part++) {
    const inputs = source.inputs(part);
    rows += inputs.evalSet.rows;
    yield { ...inputs, census };
  }
}
