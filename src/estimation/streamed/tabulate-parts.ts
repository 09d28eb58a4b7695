/**
 * The state of rows of which only a part is in memory at a time. Two passes over the parts: the census of the rows;
 * then sums. Metrics of rankings, of orders and of bins take one more between them, in which weights and masses are
 * summed. What comes of it is what one pass over all rows gives, but for the order of addition and for the bins of the
 * metrics of orders (docs/decisions/0015-streamed-rows.md). Threads share the parts out; their sums are added in the
 * order of the parts, so that they are the same to the bit however many threads there are.
 */
import type { SpilledPart } from '../../data/spill/row-spill.js';
import { giveBack } from '../../lib/memory.js';
import { type Progress, SILENT } from '../../lib/progress.js';
import { inSharedMemory } from '../../lib/shared-memory.js';
import { doInOrder, type Task, threadsFor } from '../../lib/threads.js';
import type { Census, SummedState } from '../state/summed-state.js';
import type { TabulateInputs } from '../tabulation/metric-table.js';
import type { Reliability } from '../tabulation/reliability.js';
import { CensusSum } from './census.js';
import { type Part, sumPart, weighPart, withPart } from './part-sums.js';
import { type PlainPass, plainPass, SUM_PART, WEIGH_PART, type WeighedMasses, weighedOf } from './part-task.js';
import type { ScoredPlan } from './scored-part.js';
import { type StreamBounds, TabulationParts } from './tabulation-parts.js';

export type { StreamBounds } from './tabulation-parts.js';

/** Parts of the rows, each with all rows of its query clusters. */
export interface InParts {
  readonly parts: number;
  /** Rows of all parts. */
  readonly rows: number;
  /** @param named whether ids have their names; else their hashes alone */
  part(part: number, named: boolean): Part;
  /** The same parts for threads, once all have been read here; left out: none can be given them. */
  readonly shared?: { plan(): ScoredPlan; part(part: number): SpilledPart };
}

export interface StreamedState {
  readonly state: SummedState;
  /** Undefined where no metric is about calibration. */
  readonly reliability: Reliability | undefined;
  readonly bounds: StreamBounds;
}

/** Rows that edges of bins are taken from at least, where there are as many. */
const SAMPLE = 200_000;

export async function tabulateParts(source: InParts, progress: Progress = SILENT): Promise<StreamedState> {
  const counted = new CensusSum();
  for (const _ of each(source, (part) => counted.add(part), telling(source, 'census of the rows', progress)));
  const census = counted.census();
  const samples = [...sampleOf(source, census)];
  const { metrics } = samples[0]!;
  const tabulation = new TabulationParts(samples, census);
  samples.length = 0;
  const { plan } = tabulation;
  const passOf = (weighed?: WeighedMasses) => (scored: ScoredPlan) => plainPass(scored, metrics, plan, weighed);
  if (tabulation.weighs) {
    const told = telling(source, 'weights and masses', progress);
    const here = (part: Part) => weighPart(plan, part);
    for await (const own of pass(source, WEIGH_PART, passOf(), here, told)) tabulation.weigh(own);
  }
  const masses = tabulation.weighed();
  const weighed = weighedOf(metrics, masses);
  const told = telling(source, 'sums over the rows', progress);
  const here = (part: Part) => sumPart(plan, weighed, part);
  for await (const own of pass(source, SUM_PART, passOf(masses), here, told)) tabulation.add(own);
  const { reliability, bounds } = tabulation;
  return { state: tabulation.summed(), reliability, bounds };
}

/** Operations a row, of which threads are asked for where all rows have many. */
const A_ROW = 100;

/** The sums of every part, in the order of the parts: by threads where that is worth it, else here. */
async function* pass<Sums>(
  source: InParts,
  task: Task<{ pass: PlainPass; part: SpilledPart }, Sums>,
  passOf: (scored: ScoredPlan) => PlainPass,
  here: (part: Part) => Sums,
  told: (done: number) => void,
): AsyncGenerator<Sums> {
  const pool = source.parts > 1 && source.shared ? threadsFor(A_ROW * source.rows) : undefined;
  if (!pool || !source.shared) {
    yield* each(source, here, told);
    return;
  }
  const { shared } = source;
  const asked = inSharedMemory(passOf(shared.plan()));
  let done = 0;
  told(done);
  for await (const sums of doInOrder(pool, task, source.parts, (n) => ({ pass: asked, part: shared.part(n) }))) {
    yield sums;
    giveBack();
    told(++done);
  }
}

/** Does something with one part after the other, in this thread. */
function* each<Result>(source: InParts, use: (part: Part) => Result, told: (done: number) => void): Generator<Result> {
  for (let part = 0; part < source.parts; part++) {
    told(part);
    yield withPart((named) => source.part(part, named), use);
    giveBack();
  }
  told(source.parts);
}

function telling({ parts }: InParts, detail: string, progress: Progress): (done: number) => void {
  const step = { stage: 'measuring', detail, total: parts, unit: 'parts' };
  return (done) => progress({ ...step, done });
}

/** Parts go by the hash of their clusters: the first ones are a sample of the rows that is the same in every run. */
function* sampleOf(source: InParts, census: Census): Generator<TabulateInputs> {
  for (let part = 0, rows = 0; part < source.parts && rows < SAMPLE; part++) {
    const { inputs } = source.part(part, true);
    rows += inputs.evalSet.rows;
    yield { ...inputs, census };
  }
}
