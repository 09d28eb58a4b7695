/** Parts of rows, as eval sets of their own. */

import { EVAL_FILES, type SkewPolicy } from '../../../documents/policy/policy.js';
import { lookUp } from '../../../lib/lookup.js';
import { giveBack } from '../../../lib/memory.js';
import type { Progress } from '../../../lib/progress.js';
import type { Side } from '../../checkpoints/checkpoint.js';
import type { SpilledRows } from '../../spill/layout.js';
import { type RowSpill, readSpilled, type SpilledPart } from '../../spill/row-spill.js';
import type { Coded } from '../../tables/identity.js';
import type { Table } from '../../tables/table.js';
import { Contradictions } from '../contradictions.js';
import type { EvalSet, FeatureTable } from '../evalset.js';
import { countRepeatedPairs } from '../repeats.js';
import type { SliceTally } from './slice-tally.js';
import { itemsIn, scoresIn, slicesIn } from './spilled-names.js';

/** Everything that the rows of all parts have in common, as plain values: any thread can be given them. */
export interface PartRecipe {
  readonly grades: number;
  /** Values of each slice column, by their codes. */
  readonly slices: ReadonlyMap<string, readonly string[]>;
  readonly sha256: EvalSet['sha256'];
}

/** Rows of a part. */
export interface PartRows {
  readonly evalSet: EvalSet;
  /** Shape (rows): the number of each row's item, as of `ItemNumbers`. */
  readonly items: Int32Array;
}

export function recipeOf(policy: SkewPolicy, slices: SliceTally): PartRecipe {
  const names = policy.evalSet.slices.map((name) => [name, slices.names(name)] as const);
  return { grades: policy.evalSet.grades, slices: new Map(names), sha256: pinned(policy) };
}

/** @param named whether its ids have their names; else their hashes and codes alone */
export function readPart(recipe: PartRecipe, part: SpilledPart, named: boolean): PartRows {
  return partRows(recipe, readSpilled(part, !named));
}

function partRows({ grades, slices, sha256 }: PartRecipe, spilled: SpilledRows): PartRows {
  const { rows, ids, numbers } = spilled;
  const query = lookUp(ids, 'query', 'column');
  const item = lookUp(ids, 'item', 'column');
  const label = lookUp(numbers, 'label', 'column');
  let positives = 0;
  for (const y of label) if (y > 0) positives++;
  const evalSet: EvalSet = {
    rows,
    positives,
    query,
    item,
    cluster: ids.get('cluster') ?? query,
    label,
    grades,
    weight: lookUp(numbers, 'weight', 'column'),
    slices: new Map(
      [...slicesIn(spilled)].map(([name, codes]) => [name, { codes, names: lookUp(slices, name, 'slice column') }]),
    ),
    scores: scoresIn(spilled),
    features: { query: featureless('query', query), item: featureless('item', item) },
    sha256,
  };
  return { evalSet, items: itemsIn(spilled) };
}

/**
 * Refuses rows that contradict each other; counts repeated pairs, and the ids of queries part by part. Ids are kept
 * beside their rows as codes.
 *
 * @param table the one that the rows are of, for messages
 */
export function checkParts(
  policy: SkewPolicy,
  spill: RowSpill,
  recipe: PartRecipe,
  table: Table,
  progress: Progress,
): { readonly repeated: number; readonly ids: number } {
  let contradictions: Contradictions | undefined;
  let [repeated, ids] = [0, 0];
  const step = { stage: 'reading', detail: 'repeated pairs', total: spill.parts, unit: 'parts' };
  for (let part = 0; part < spill.parts; part++) {
    progress({ ...step, done: part });
    giveBack();
    const rows = spill.read(part);
    const { query, item, cluster, label, weight, slices, scores = new Map() } = partRows(recipe, rows).evalSet;
    ids += query.names.length;
    spill.index(part, rows);
    contradictions ??= new Contradictions(table, policy.evalSet, [...scores.keys()]);
    repeated += countRepeatedPairs(
      {
        tableRow: lookUp(rows.numbers, 'row', 'column'),
        ...{ query, item, values: { label, weight }, telling: [cluster, ...slices.values()] },
        features: [...scores.values()].map((values) => ({ type: 'float', length: values.length, values })),
      },
      contradictions,
    );
  }
  contradictions?.throwIfAny();
  progress({ ...step, done: spill.parts });
  return { repeated, ids };
}

/** No tower reads these rows. */
function featureless(side: Side, ids: Coded): FeatureTable {
  const table: Table = { file: '', rows: 0, columnNames: [], columns: new Map() };
  return { side, table, tableRow: new Int32Array(0), ids, ownTable: false };
}

/** The digests of the files that the policy pins. */
function pinned({ evalSet: { files } }: SkewPolicy): EvalSet['sha256'] {
  return Object.fromEntries(EVAL_FILES.flatMap((name) => (files[name] ? [[name, files[name].sha256]] : [])));
}
