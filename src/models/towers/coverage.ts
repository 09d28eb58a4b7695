/**
 * Items that did not exist at an older version have no embedding there. They are left out of every distance, so that
 * all are compared on the same rows, and reported as coverage: a loss of freshness, not of skew. ONNX towers embed any
 * item at any version, so that this is about precomputed embeddings alone.
 */

import { type Checkpoint, embeddingColumns } from '../../data/checkpoints/checkpoint.js';
import { type EvalSet, selectRows } from '../../data/evalset/evalset.js';
import { idsOf } from '../../data/tables/identity.js';
import { readTable } from '../../data/tables/read-table.js';
import { BadRows } from '../../data/tables/table.js';
import type { Release } from '../../documents/release/release.js';
import { DataError, type Place } from '../../errors.js';
import { list, plural, quoted } from '../../lib/text.js';

/** The share of the eval set that an item version covers. */
export interface Coverage {
  readonly distance: number;
  readonly version: string;
  /** Rows whose item has no embedding in this version. */
  readonly missingRows: number;
  /** Share of the rows, by weight, whose item has one. */
  readonly share: number;
}

export interface CoveredEvalSet {
  readonly evalSet: EvalSet;
  /** Of versions that lack items; of the candidate alone. */
  readonly coverage: readonly Coverage[];
}

/** The rows whose item exists at every version of every family. Refuses to go on with less than `least` of them. */
export async function coveredRows(
  evalSet: EvalSet,
  families: readonly Release[],
  least: { readonly share: number; readonly place: Place },
): Promise<CoveredEvalSet> {
  const absent = new Uint8Array(evalSet.features.item.ids.names.length);
  const coverage: Coverage[] = [];
  for (const [family, release] of families.entries())
    for (const { missing, ...found } of await incompleteVersions(release, evalSet, least)) {
      for (let i = 0; i < absent.length; i++) if (missing[i]) absent[i] = 1;
      if (family === 0 && found.missingRows > 0) coverage.push(found);
    }
  if (!absent.some((x) => x === 1)) return { evalSet, coverage };
  const all = count(evalSet, absent);
  if (all.share < least.share)
    throw new DataError([
      {
        place: least.place,
        found: `items of ${percent(1 - all.share)} of the rows that some swept version lacks`,
        expected: `at most ${percent(1 - least.share)} (min_coverage)`,
        mend: 'Shorten the sweep, or embed these items with the older versions.',
      },
    ]);
  return { evalSet: selectRows(evalSet, (r) => absent[itemOf(evalSet, r)] === 0, absent), coverage };
}

/** A version with its lacking items, shape (ids of the item side). */
type Incomplete = Coverage & { readonly missing: Uint8Array };

/** The item versions that lack items, nearest first. @throws DataError of the first that has too few */
async function incompleteVersions(
  release: Release,
  evalSet: EvalSet,
  least: { readonly share: number; readonly place: Place },
): Promise<Incomplete[]> {
  const incomplete: Incomplete[] = [];
  for (const [k, version] of release.chain.entries()) {
    const checkpoint = release.checkpoints?.item.get(version);
    // An item that the live version lacks is a mistake, and said where the file is read.
    if (k === 0 || checkpoint?.kind !== 'embeddings') continue;
    const missing = await missingItems(checkpoint, evalSet);
    if (missing === undefined) continue;
    const found = { distance: k, version, ...count(evalSet, missing) };
    if (found.share < least.share) throw tooFew(found, checkpoint, missing, evalSet, least);
    incomplete.push({ ...found, missing });
  }
  return incomplete;
}

/** The row's item, as a code of the item side's feature table. */
function itemOf({ features: { item } }: EvalSet, r: number): number {
  return item.ids.codes[item.tableRow[r]!]!;
}

/** Shape (ids of the item side): 1 where the version has no embedding; undefined where it has all. */
async function missingItems(checkpoint: Checkpoint, { features: { item } }: EvalSet): Promise<Uint8Array | undefined> {
  const { id } = embeddingColumns(checkpoint);
  const table = await readTable(checkpoint.path, checkpoint.shown, [id]);
  const ids = table.columns.get(id);
  // A file without the column is said by whoever reads the vectors.
  if (!ids) return undefined;
  const bad = new BadRows(table);
  const known = new Set(idsOf(ids, id, bad).names);
  bad.throwIfAny();
  const missing = Uint8Array.from(item.ids.names, (name) => (known.has(name) ? 0 : 1));
  return missing.some((x) => x === 1) ? missing : undefined;
}

function count(evalSet: EvalSet, missing: Uint8Array): { missingRows: number; share: number } {
  let missingRows = 0;
  let covered = 0;
  let all = 0;
  for (let r = 0; r < evalSet.rows; r++) {
    const absent = missing[itemOf(evalSet, r)] === 1;
    if (absent) missingRows++;
    else covered += evalSet.weight[r]!;
    all += evalSet.weight[r]!;
  }
  return { missingRows, share: covered / all };
}

function tooFew(
  { version, share }: Coverage,
  checkpoint: Checkpoint,
  missing: Uint8Array,
  { features: { item } }: EvalSet,
  least: { readonly share: number; readonly place: Place },
): DataError {
  const names = item.ids.names.filter((_, i) => missing[i] === 1);
  return new DataError([
    {
      place: { file: checkpoint.shown },
      found:
        `no embedding of ${plural(names.length, 'item')} in version ${quoted(version)} ` +
        `(${list(names.map(quoted), 5)}), in ${percent(1 - share)} of the rows`,
      expected:
        `items of at least ${percent(least.share)} of the rows (min_coverage, ` +
        `${least.place.file}:${least.place.line})`,
      mend: 'Embed them with this version, or write min_coverage in the policy if so many items are new.',
    },
  ]);
}

function percent(share: number): string {
  return `${Math.round(10_000 * share) / 100} %`;
}
