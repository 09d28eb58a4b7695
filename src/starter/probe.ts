/** Runs the live towers on a few rows: what their embeddings and scores look like. */
import type { Side } from '../data/checkpoints/checkpoint.js';
import type { FeatureTable } from '../data/evalset/evalset.js';
import type { Coded } from '../data/tables/identity.js';
import { ModelError } from '../errors.js';
import { present } from '../lib/lookup.js';
import { quoted } from '../lib/text.js';
import { pairSimilarity } from '../models/scores/similarity.js';
import { checked, type Embeddings, norm } from '../models/towers/embeddings.js';
import { entities } from '../models/towers/entities.js';
import type { InspectedCheckpoint } from '../models/towers/inspect.js';
import type { PlannedInput } from '../models/towers/planned-input.js';
import { differentDimensions, embed } from '../models/towers/tower.js';
import { type Known, type KnownTables, numbersOf } from './facts.js';
import { columnsOf } from './feeding.js';
import type { Feeds } from './feeds.js';
import type { LiveTower } from './graphs.js';
import type { Roles } from './roles.js';

/** Rows that are scored; of whole queries, spread over the table. */
const ROWS = 4000;
/** Vectors of one length differ from it by no more than float16 does, in shares of it. */
const UNIT = 2e-3;

/** A live tower with what feeds it and its output. */
export interface ProbedTower extends LiveTower {
  readonly feeds: Feeds;
  readonly output: string;
  /** Its output has a vector for every token. */
  readonly tokens: boolean;
}

export interface Probe {
  /** Shape (scored rows): dot products (of tokens their max_sim), labels as shares, and codes of queries. */
  readonly scores: Float64Array;
  readonly labels: Float64Array;
  readonly queries: Int32Array;
  /** The length that all embeddings of a side have; undefined where theirs differ. */
  readonly lengths: Readonly<Record<Side, number | undefined>>;
  readonly dimension: number;
  /** Rows that could have been scored. */
  readonly rows: number;
}

/** Scores some rows with both live towers. Throws UserError where a tower does not take them. */
export async function probe(
  towers: Readonly<Record<Side, ProbedTower>>,
  tables: KnownTables,
  roles: Roles,
): Promise<Probe> {
  const { rows } = tables;
  const chosen = someRows(rows.facts(roles.query).coded);
  const several = towers.query.tokens && towers.item.tokens;
  const query = await embedSide('query', towers.query, tables, roles, chosen, several);
  const item = await embedSide('item', towers.item, tables, roles, chosen, several);
  if (query.embeddings.dimension !== item.embeddings.dimension)
    throw differentDimensions(
      towers.item.checkpoint,
      item.embeddings.dimension,
      towers.query.checkpoint,
      query.embeddings.dimension,
    );
  const similarity = pairSimilarity(several ? 'max_sim' : 'dot', query.embeddings, item.embeddings);
  const grades = numbersOf(rows.facts(roles.label));
  return {
    scores: Float64Array.from(chosen, (_, i) => similarity(query.ofRow[i]!, item.ofRow[i]!)),
    labels: Float64Array.from(chosen, (r) => grades[r]! / roles.grades),
    queries: Int32Array.from(chosen, (r) => rows.facts(roles.query).coded.codes[r]!),
    lengths: { query: lengthOf(query.embeddings), item: lengthOf(item.embeddings) },
    dimension: query.embeddings.dimension,
    rows: rows.table.rows,
  };
}

/** Rows of every n-th query, at most about ROWS of them. */
function someRows({ codes, names }: Coded): Int32Array {
  const step = Math.max(1, Math.ceil(codes.length / ROWS));
  const wanted = new Set(names.flatMap((_, code) => (code % step === 0 ? [code] : [])));
  return Int32Array.from(codes.keys()).filter((r) => wanted.has(codes[r]!));
}

async function embedSide(
  side: Side,
  tower: ProbedTower,
  tables: KnownTables,
  roles: Roles,
  chosen: Int32Array,
  several: boolean,
): Promise<{ embeddings: Embeddings; ofRow: Int32Array }> {
  const features = featuresOf(side, tables, roles[side], chosen);
  const inspected = inspectedOf(tower);
  const columns = inspected.inputs.flatMap(({ source }) => (source.kind === 'mask' ? [] : columnsOf([source])));
  const own = entities(features, columns, false);
  const similarity = several ? 'max_sim' : 'dot';
  const { embeddings } = await embed(inspected, features.table, own, similarity);
  return { embeddings: checked(embeddings, tower.checkpoint, own.idOf, similarity), ofRow: own.ofRow };
}

function featuresOf(side: Side, tables: KnownTables, id: string, chosen: Int32Array): FeatureTable {
  const { rows } = tables;
  const own: Known | undefined = tables[side === 'query' ? 'queries' : 'items'];
  if (!own) return { side, table: rows.table, tableRow: chosen, ids: rows.facts(id).coded, ownTable: false };
  const { coded } = own.facts(id);
  const rowOf = new Map(Array.from(coded.codes, (code, row) => [coded.names[code], row] as const));
  const here = rows.facts(id).coded;
  const tableRow = Int32Array.from(chosen, (r) => present(rowOf.get(here.names[here.codes[r]!]), `row of an id`));
  return { side, table: own.table, tableRow, ids: coded, ownTable: true };
}

/** The live checkpoint as the towers' own code takes it. */
function inspectedOf({ checkpoint, graph, feeds, output }: ProbedTower): InspectedCheckpoint {
  if (!graph) return { checkpoint, inputs: [], output: '' };
  const place = { file: checkpoint.shown };
  const masks = new Map(
    [...feeds].flatMap(([name, { source }]) =>
      source.kind === 'list' && source.mask !== undefined ? [[source.mask, name] as const] : [],
    ),
  );
  const inputs = graph.inputs.map((info): PlannedInput => {
    const of = masks.get(info.name);
    if (of !== undefined) return { info, place, source: { kind: 'mask', of } };
    return { info, place, source: feeds.get(info.name)?.source ?? { kind: 'column', column: info.name } };
  });
  if (!inputs.some(({ source }) => source.kind !== 'mask' && columnsOf([source]).length > 0))
    throw new ModelError([
      {
        place,
        found: `${checkpoint.side} checkpoint ${quoted(checkpoint.version)}, whose inputs no column feeds`,
        expected: 'a tower that reads features, as without them all embeddings are one',
      },
    ]);
  const fixedBatch = inputs
    .filter(({ source }) => source.kind !== 'constant')
    .map(({ info }) => info.shape?.[0])
    .find((size): size is number => typeof size === 'number' && size > 0);
  return { checkpoint, inputs, output, ...(fixedBatch === undefined ? {} : { fixedBatch }) };
}

/** The one length of all vectors; undefined where they differ from their mean by more than float16 does. */
function lengthOf(embeddings: Embeddings): number | undefined {
  const lengths = Array.from({ length: embeddings.data.length / embeddings.dimension }, (_, v) => norm(embeddings, v));
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  return lengths.every((length) => Math.abs(length - mean) <= UNIT * mean) ? mean : undefined;
}
