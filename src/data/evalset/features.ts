/** Feature columns of the towers: those that are asked for, and the tables that hold them. */
import type { EvalSetPolicy } from '../../documents/policy/policy.js';
import { DataError, type Place } from '../../errors.js';
import { didYouMean, list, plural, quoted } from '../../lib/text.js';
import type { Workspace } from '../artefacts/files.js';
import type { Side } from '../checkpoints/checkpoint.js';
import { type Coded, idsOf } from '../tables/identity.js';
import { readTable } from '../tables/read-table.js';
import { BadRows, columnNamed, rowName, type Table } from '../tables/table.js';
import { missingColumn, readEvalTable } from './eval-table.js';
import type { FeatureTable } from './evalset.js';

/** The feature columns that the towers read, and who reads each, for messages. */
export interface WantedFeatures {
  readonly columns: Readonly<Record<Side, readonly string[]>>;
  readonly readers: Readonly<Record<Side, ReadonlyMap<string, string>>>;
  /** Lines for the release that feed an input otherwise, by the column that it reads. */
  readonly mends: Readonly<Record<Side, ReadonlyMap<string, string>>>;
}

/** No features: precomputed embeddings are looked up by id. */
export const NO_FEATURES: WantedFeatures = {
  columns: { query: [], item: [] },
  readers: { query: new Map(), item: new Map() },
  mends: { query: new Map(), item: new Map() },
};

/** Unites what several families read. */
export function allFeatures(families: readonly WantedFeatures[]): WantedFeatures {
  const side = (name: Side) => ({
    columns: [...new Set(families.flatMap(({ columns }) => columns[name]))],
    readers: new Map(families.toReversed().flatMap(({ readers }) => [...readers[name]])),
    mends: new Map(families.toReversed().flatMap(({ mends }) => [...mends[name]])),
  });
  const query = side('query');
  const item = side('item');
  return {
    columns: { query: query.columns, item: item.columns },
    readers: { query: query.readers, item: item.readers },
    mends: { query: query.mends, item: item.mends },
  };
}

/** Finds a side's features: in its own table (an id once), or in the rows themselves. */
export async function featureTable(
  side: Side,
  spec: EvalSetPolicy,
  rows: Table,
  rowIds: Coded,
  features: WantedFeatures,
  workspace: Workspace,
): Promise<FeatureTable> {
  const fileName = side === 'query' ? 'queries' : 'items';
  const wanted = features.columns[side];
  if (spec.files[fileName] === undefined) {
    requireColumns(side, rows, features);
    const own = new Int32Array(rows.rows);
    for (let r = 0; r < own.length; r++) own[r] = r;
    return { side, table: rows, tableRow: own, ids: rowIds, ownTable: false };
  }
  const idName = spec.columns[side];
  const table = await readEvalTable(spec, fileName, [idName, ...wanted], workspace);
  if (!table.columnNames.includes(idName))
    throw new DataError([missingColumn(table, idName, spec.columnPlaces.get(side))]);
  requireColumns(side, table, features);

  const { ids, rowOfId } = indexById(table, idName);
  const rowOfCode = new Int32Array(rowIds.names.length);
  for (const [code, name] of rowIds.names.entries()) rowOfCode[code] = rowOfId.get(name) ?? -1;
  const tableRow = new Int32Array(rows.rows);
  const badRows = new BadRows(rows);
  for (let r = 0; r < rows.rows; r++) {
    const code = rowIds.codes[r]!;
    const row = rowOfCode[code]!;
    if (row === -1)
      badRows.add(r, idName, quoted(rowIds.names[code]), `an id that ${table.file} has (${plural(table.rows, 'id')})`);
    tableRow[r] = row;
  }
  badRows.throwIfAny();
  return { side, table, tableRow, ids, ownTable: true };
}

/**
 * A side's features as another table has them, an id once: the same columns under the same name of the id. DataError
 * where it lacks a column, or an id that is asked for.
 *
 * @param ids shape (rows of the eval set): whose features are asked for
 */
export async function otherFeatures(
  side: Side,
  file: { readonly path: string; readonly shown: string; readonly place: Place },
  idName: string,
  features: WantedFeatures,
  { codes, names }: Coded,
): Promise<FeatureTable> {
  const table = await readTable(file.path, file.shown, [idName, ...features.columns[side]], file.place);
  if (!table.columnNames.includes(idName)) throw new DataError([missingColumn(table, idName, file.place)]);
  requireColumns(side, table, features);
  const { ids, rowOfId } = indexById(table, idName);
  const missing = names.filter((name) => !rowOfId.has(name));
  if (missing.length > 0)
    throw new DataError([
      {
        place: { file: table.file },
        found: `no ${idName} ${list(missing.map(quoted), 3)}`,
        expected: `a row of each of the ${plural(names.length, 'id')} that the ledger has`,
      },
    ]);
  const rowOfCode = names.map((name) => rowOfId.get(name) ?? -1);
  return { side, table, tableRow: Int32Array.from(codes, (code) => rowOfCode[code]!), ids, ownTable: true };
}

/** The row of every id of a feature table. DataError where one is missing or stands twice. */
function indexById(
  table: Table,
  idName: string,
): { readonly ids: Coded; readonly rowOfId: ReadonlyMap<string, number> } {
  const bad = new BadRows(table);
  const ids = idsOf(columnNamed(table, idName), idName, bad);
  const rowOfId = new Map<string, number>();
  for (let r = 0; r < table.rows; r++) {
    const code = ids.codes[r]!;
    if (code === -1) continue;
    const first = rowOfId.get(ids.names[code]!);
    if (first === undefined) rowOfId.set(ids.names[code]!, r);
    else
      bad.add(
        r,
        idName,
        `${quoted(ids.names[code])} again (first in ${rowName(table, first)})`,
        'every id once in a feature table',
      );
  }
  bad.throwIfAny();
  return { ids, rowOfId };
}

function requireColumns(side: Side, table: Table, { columns, readers, mends }: WantedFeatures): void {
  const missing = columns[side].filter((name) => !table.columnNames.includes(name));
  if (missing.length === 0) return;
  throw new DataError(
    missing.map((name) => {
      const near = didYouMean(name, table.columnNames);
      return {
        place: { file: table.file },
        found: `no column ${quoted(name)}, which ${readers[side].get(name)} reads`,
        expected: `one of ${list(
          table.columnNames.map((n) => quoted(n)),
          20,
        )}`,
        mend:
          mends[side].get(name) ??
          `${near ? `Did you mean "${near}"? ` : ''}Name the columns of that input under ${side}_tower.inputs of ` +
            'the release: input: column, or input: [a, b]',
      };
    }),
  );
}
