/** Reads off the files what every checkpoint of a tower wants, before anything runs. */

import type { Checkpoint, Side } from '../../data/checkpoints/checkpoint.js';
import type { OnnxInfo, TensorInfo } from '../../data/checkpoints/onnx-file.js';
import { OtherFormat } from '../../data/checkpoints/other-formats.js';
import { partNotices } from '../../data/tables/read-table.js';
import type { VectorStore } from '../../data/vectors/vector-store.js';
import type { InputSource, Similarity, Tower, TowerRelease } from '../../documents/release/release.js';
import { ModelError, type Place, type Problem } from '../../errors.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import { Malformed } from '../../lib/wire.js';
import { tooNew, unfeedable } from './graph-limits.js';
import { otherFeeds } from './list-source.js';
import { chooseOutput } from './outputs.js';
import type { PlannedInput } from './planned-input.js';
import { columnsOf, type Roles, readsLabel, roleNotices } from './roles.js';
import { sharedWeights } from './shared-weights.js';

/** A graph that fixes a larger batch is refused: its padding alone would fill the memory. */
const MAX_FIXED_BATCH = 65_536;

/** A checkpoint whose inputs are known to be fed and whose output is chosen; nothing has been run. */
export interface InspectedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly inputs: readonly PlannedInput[];
  readonly output: string;
  /** The batch size that the graph fixes; undefined where it is free. */
  readonly fixedBatch?: number;
  /** Entities that serving embeds together, where the release says so. */
  readonly batch?: number;
  /** The place that its vectors are taken from and kept in; left out: every run embeds anew. */
  readonly vectors?: VectorStore;
}

export interface InspectedTower {
  readonly tower: Tower;
  readonly checkpoints: ReadonlyMap<string, InspectedCheckpoint>;
  /** Every feature column that some checkpoint reads, in a stable order. */
  readonly columns: readonly string[];
  /** The first reader of each column: `input "x" of item/v41.onnx`. */
  readonly readers: ReadonlyMap<string, string>;
  /** Lines for the release that feed an input otherwise than by the column of its name. */
  readonly mends: ReadonlyMap<string, string>;
  /** Inputs that read what is hardly a feature. */
  readonly notices: readonly string[];
}

export interface InspectedTowers extends Readonly<Record<Side, InspectedTower>> {
  /** The feature columns that each side reads. */
  readonly columns: Readonly<Record<Side, readonly string[]>>;
  readonly readers: Readonly<Record<Side, ReadonlyMap<string, string>>>;
  readonly mends: Readonly<Record<Side, ReadonlyMap<string, string>>>;
  readonly notices: readonly string[];
}

/**
 * Reads what every checkpoint wants, without running it. All problems of both towers at once.
 *
 * @param roles the policy's columns: an input that reads the label is a problem
 */
export function inspectTowers(release: TowerRelease, roles: Roles): InspectedTowers {
  const problems: Problem[] = [];
  const { towers, checkpoints, score } = release;
  const query = inspectTower(towers.query, checkpoints.query, roles, score.similarity, problems);
  const item = inspectTower(towers.item, checkpoints.item, roles, score.similarity, problems);
  if (problems.length > 0) throw new ModelError(problems);
  return {
    query,
    item,
    columns: { query: query.columns, item: item.columns },
    readers: { query: query.readers, item: item.readers },
    mends: { query: query.mends, item: item.mends },
    notices: [...query.notices, ...item.notices],
  };
}

/** The same towers, whose vectors are taken from a store and kept in it. */
export function withStore(towers: InspectedTowers, vectors: VectorStore | undefined): InspectedTowers {
  if (!vectors) return towers;
  const stored = (tower: InspectedTower): InspectedTower => ({
    ...tower,
    checkpoints: new Map([...tower.checkpoints].map(([version, one]) => [version, { ...one, vectors }])),
  });
  return { ...towers, query: stored(towers.query), item: stored(towers.item) };
}

function inspectTower(
  tower: Tower,
  checkpoints: ReadonlyMap<string, Checkpoint>,
  roles: Roles,
  similarity: Similarity,
  problems: Problem[],
): InspectedTower {
  const notices = new Map<string, string>();
  const leaks = new Set<Place>();
  const inspected = new Map<string, InspectedCheckpoint>();
  const readers = new Map<string, string>();
  const mends = new Map<string, string>();
  for (const [version, checkpoint] of checkpoints) {
    if (checkpoint.kind === 'embeddings') {
      inspected.set(version, { checkpoint, inputs: [], output: '' });
      for (const notice of partNotices(checkpoint.path, checkpoint.shown)) notices.set(notice, notice);
      continue;
    }
    const info = onnxOf(checkpoint, problems);
    if (!info) continue;
    const inputs = planInputs(tower, checkpoint, info, problems);
    const graph = inspectGraph(tower, checkpoint, info, inputs, similarity, problems);
    if (graph) inspected.set(version, graph);
    addReaders(inputs, checkpoint, readers);
    for (const [column, line] of otherFeeds(inputs, tower.side)) mends.set(column, line);
    problems.push(...newLeaks(inputs, roles, checkpoint, leaks));
    for (const [column, notice] of roleNotices(inputs, roles, checkpoint.shown))
      if (!notices.has(column)) notices.set(column, notice);
  }
  problems.push(...sharedWeights(checkpoints.values()));
  return {
    tower,
    checkpoints: inspected,
    columns: [...readers.keys()],
    readers,
    mends,
    notices: [...notices.values()],
  };
}

/** A graph with its batch and its output; undefined, with a problem noted, where it has none that is the embedding. */
function inspectGraph(
  tower: Tower,
  checkpoint: Checkpoint,
  info: OnnxInfo,
  inputs: readonly PlannedInput[],
  similarity: Similarity,
  problems: Problem[],
): InspectedCheckpoint | undefined {
  const newer = tooNew(checkpoint, info);
  if (newer) problems.push(newer);
  problems.push(...unfeedable(checkpoint, info, inputs));
  const output = chooseOutput(tower, checkpoint, info, similarity, problems);
  const fixedBatch = fixedBatchOf(tower, checkpoint, inputs, problems);
  if (output === undefined) return undefined;
  return {
    checkpoint,
    inputs,
    output,
    ...(fixedBatch === undefined ? {} : { fixedBatch }),
    ...(tower.batch === undefined ? {} : { batch: tower.batch }),
  };
}

/** Notes the reader of every column that none has read before. */
function addReaders(inputs: readonly PlannedInput[], { shown }: Checkpoint, readers: Map<string, string>): void {
  for (const input of inputs)
    for (const column of columnsOf(input))
      if (!readers.has(column)) readers.set(column, `input ${quoted(input.info.name)} of ${shown}`);
}

/** Inputs that read the label: all versions read it through one line of the release, so that it is said once. */
function newLeaks(
  inputs: readonly PlannedInput[],
  roles: Roles,
  { shown }: Checkpoint,
  known: Set<Place>,
): readonly Problem[] {
  return inputs.flatMap((input) => {
    const leak = readsLabel(input, roles, shown);
    if (!leak || known.has(input.place)) return [];
    known.add(input.place);
    return [leak];
  });
}

/** The batch that a graph fixes, held against the one that serving embeds; undefined where the axis is free. */
function fixedBatchOf(
  { batch, batchPlace }: Tower,
  { shown }: Checkpoint,
  inputs: readonly PlannedInput[],
  problems: Problem[],
): number | undefined {
  // A constant of a fixed size is the same for every batch.
  const fed = inputs.filter(({ source }) => source.kind !== 'constant');
  const fixed = fed
    .map(({ info }) => info.shape?.[0])
    .find((size): size is number => typeof size === 'number' && size > 0);
  if (fixed !== undefined && fixed > MAX_FIXED_BATCH)
    problems.push({
      place: { file: shown },
      found: `a batch of ${fixed.toLocaleString('en-US')} fixed in the graph`,
      expected: `a free batch axis, or at most ${MAX_FIXED_BATCH.toLocaleString('en-US')}`,
      mend: "Export with dynamic_axes={'input': {0: 'batch'}}",
    });
  if (batch !== undefined && fixed !== undefined && batch !== fixed)
    problems.push({
      place: batchPlace,
      found: `batch: ${batch}, where ${shown} fixes a batch of ${fixed}`,
      expected: 'the batch of the graph, as it takes no other',
      mend: `Write: batch: ${fixed}`,
    });
  return fixed;
}

function onnxOf(checkpoint: Checkpoint, problems: Problem[]): OnnxInfo | undefined {
  const { onnx } = checkpoint;
  if (onnx && !(onnx instanceof Malformed)) return onnx;
  problems.push({
    place: { file: checkpoint.shown },
    found:
      `${checkpoint.side} checkpoint ${quoted(checkpoint.version)} that is no ONNX model ` +
      `(${onnx?.message ?? 'it was not read'})`,
    expected: 'a whole .onnx file',
    mend: onnx instanceof OtherFormat ? onnx.mend : 'Export it again, or fetch it with `git lfs pull`.',
  });
  return undefined;
}

function planInputs(tower: Tower, checkpoint: Checkpoint, info: OnnxInfo, problems: Problem[]): PlannedInput[] {
  const names = info.inputs.map((input) => input.name);
  if (names.length === 0)
    problems.push({
      place: { file: checkpoint.shown },
      found: `${checkpoint.side} checkpoint ${quoted(checkpoint.version)} without inputs`,
      expected: 'a tower that reads features, as without them all embeddings are one',
    });
  const masks = new Map<string, string>();
  for (const [name, source] of tower.inputs) {
    const wanted = [name, ...(source.kind === 'list' && source.mask !== undefined ? [source.mask] : [])];
    if (source.kind === 'list' && source.mask !== undefined) masks.set(source.mask, name);
    for (const input of wanted) {
      if (names.includes(input)) continue;
      const near = didYouMean(input, names);
      problems.push({
        place: tower.inputPlaces.get(input) ?? tower.place,
        found: `input ${quoted(input)}, which ${checkpoint.shown} does not have`,
        expected: `one of ${list(names.map(quoted))}`,
        ...(near ? { mend: `Did you mean "${near}"?` } : {}),
      });
    }
  }
  return info.inputs.map((input: TensorInfo) => {
    const place = tower.inputPlaces.get(input.name) ?? tower.place;
    const mask = masks.get(input.name);
    const source: InputSource | { kind: 'mask'; of: string } =
      mask !== undefined
        ? { kind: 'mask', of: mask }
        : (tower.inputs.get(input.name) ?? { kind: 'column', column: input.name });
    const implied = mask === undefined && !tower.inputs.has(input.name);
    return { info: input, source, place, ...(implied ? { implied } : {}) };
  });
}
