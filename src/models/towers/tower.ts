/** A checkpoint turned into embeddings. */
import { readFileSync } from 'node:fs';
import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import { refuseChanged } from '../../data/checkpoints/checkpoint-file.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Table } from '../../data/tables/table.js';
import type { Similarity } from '../../documents/release/release.js';
import { ModelError } from '../../errors.js';
import { type Progress, SILENT, type Step } from '../../lib/progress.js';
import { quoted } from '../../lib/text.js';
import { ListFeed } from './batches.js';
import { checked, type Embeddings } from './embeddings.js';
import { type Entities, entities, subset } from './entities.js';
import { buildFeeds } from './feeds.js';
import { GraphRun } from './graph-run.js';
import { holdFound, refuseFar } from './hold-found.js';
import type { InspectedCheckpoint, InspectedTowers } from './inspect.js';
import { readEmbeddings } from './precomputed.js';
import { batchNoise, spread } from './steadiness.js';
import { embedAll } from './stored-run.js';
import { type Suspects, suspectsOf } from './suspects.js';
import { suspicions } from './suspicions.js';
import { noiseNotice } from './unsteady.js';

/** Entities embedded at a time: large enough to keep both cores busy, small enough for a few MB a tensor. */
export const BATCH = 1024;
/** Entities that `tryTowers` embeds with every checkpoint, beside those with the shortest and the longest lists. */
const TRIED = 48;

/**
 * Loads every graph, converts the whole eval set to its inputs, and embeds a few entities: what would stop a run is
 * found without running it. Refuses dimensions that differ between towers or versions.
 */
export async function tryTowers(towers: InspectedTowers, evalSet: EvalSet, similarity: Similarity): Promise<string[]> {
  const notices: string[] = [];
  let first: { checkpoint: Checkpoint; dimension: number } | undefined;
  for (const side of ['query', 'item'] as const) {
    const { table } = evalSet.features[side];
    const all = entities(evalSet.features[side], towers[side].columns, false);
    for (const inspected of towers[side].checkpoints.values()) {
      const { checkpoint, inputs } = inspected;
      let tried = all;
      if (checkpoint.kind === 'onnx') {
        const lists = buildFeeds(inputs, table, all, checkpoint).filter((feed) => feed instanceof ListFeed);
        tried = subset(all, spread(all.count, lists, TRIED));
      }
      const { embeddings, notices: own } = await embed(inspected, table, tried, similarity);
      const { dimension } = embeddings;
      notices.push(...own);
      first ??= { checkpoint, dimension };
      if (dimension !== first.dimension)
        throw differentDimensions(checkpoint, dimension, first.checkpoint, first.dimension);
    }
  }
  return notices;
}

/** Embeddings that cannot be compared. */
export function differentDimensions(
  checkpoint: Checkpoint,
  dimension: number,
  other: Checkpoint,
  otherDimension: number,
): ModelError {
  const name = ({ side, version }: Checkpoint) => `${side} checkpoint ${quoted(version)}`;
  return new ModelError([
    {
      place: { file: checkpoint.shown },
      found:
        `embeddings of ${dimension} numbers from ${name(checkpoint)}, against ${otherDimension} from ` +
        `${name(other)} (${other.shown})`,
      expected: 'one dimension in both towers and all versions',
      mend: 'Versions of different dimensions cannot be served together.',
    },
  ]);
}

/** Embeddings, and what a reader of the report should know of how they came about. */
export interface Embedded {
  readonly embeddings: Embeddings;
  readonly notices: readonly string[];
}

/**
 * Embeds every entity once with one checkpoint, so that each embedding depends on its own features alone, or on the
 * batch that the release declares.
 */
export async function embed(
  inspected: InspectedCheckpoint,
  table: Table,
  entities: Entities,
  similarity: Similarity,
  progress: Progress = SILENT,
): Promise<Embedded> {
  const { checkpoint } = inspected;
  const step = stepOf(checkpoint, entities);
  progress(step);
  if (checkpoint.kind === 'onnx') return runGraph(inspected, table, entities, similarity, progress);
  const embeddings = await readEmbeddings(checkpoint, entities, similarity === 'max_sim');
  await refuseChanged(checkpoint);
  progress({ ...step, done: entities.count });
  return { embeddings: checked(embeddings, checkpoint, entities.idOf, similarity), notices: [] };
}

const PLURAL = { query: 'queries', item: 'items' } as const;

/** A checkpoint that embeds entities, as a step of the run. */
function stepOf({ side, version }: Checkpoint, { count }: Entities): Step {
  return { stage: 'towers', detail: `${side} tower ${version}`, total: count, unit: PLURAL[side] };
}

/** Entities that a run embeds at a time. */
export function batchSize({ batch, fixedBatch }: InspectedCheckpoint): number {
  return fixedBatch ?? batch ?? BATCH;
}

/** By checkpoint: it is embedded with to try it, in the sweep and beside served vectors. */
const SUSPECTS = new WeakMap<Checkpoint, Suspects>();

function suspectsIn(checkpoint: Checkpoint): Suspects {
  const suspects = SUSPECTS.get(checkpoint) ?? suspectsOf(readFileSync(checkpoint.path));
  SUSPECTS.set(checkpoint, suspects);
  return suspects;
}

async function runGraph(
  inspected: InspectedCheckpoint,
  table: Table,
  entities: Entities,
  similarity: Similarity,
  progress: Progress,
): Promise<Embedded> {
  const { checkpoint } = inspected;
  const step = stepOf(checkpoint, entities);
  const run = await GraphRun.open(inspected, table, entities, similarity === 'max_sim');
  try {
    const { vectors } = inspected;
    const store = vectors && entities.count >= vectors.least ? vectors : undefined;
    const untrusted = store?.trusted === false ? store : undefined;
    const all = async (size: number, how = '') => {
      const told = (done: number) => progress({ ...step, detail: `${step.detail}${how}`, done });
      const made = await embedAll(run, entities.count, size, store, told);
      const again = untrusted && (await holdFound(run, inspected, untrusted, entities, made, size));
      return { together: checked(made.all, checkpoint, entities.idOf, similarity), held: again };
    };
    const size = batchSize(inspected);
    const { together, held } = await all(size);
    const noise = await batchNoise(
      run,
      { inspected, entities, suspects: suspectsIn(checkpoint) },
      together,
      size,
      held?.same,
    );
    const notices = await suspicions(run, inspected, entities, together);
    if (noise === undefined) {
      if (untrusted && held && !held.same) refuseFar(run, inspected, untrusted, together, held);
      return { embeddings: together, notices };
    }
    return {
      embeddings: (await all(1, ', one at a time')).together,
      notices: [...notices, noiseNotice(inspected, noise, Math.min(size, entities.count))],
    };
  } finally {
    await run.close();
  }
}
