/** The pinned eval set in typed arrays: who was asked about what, with which label, weight and slices. */

import { EVAL_FILES, type EvalFile, type EvalSetPolicy, type SkewPolicy } from '../../documents/policy/policy.js';
import { DataError, type Place, type Problem } from '../../errors.js';
import { didYouMean, list, plural, quoted } from '../../lib/text.js';
import type { Workspace } from '../artefacts/files.js';
import { artefactAt } from '../artefacts/list.js';
import type { Side } from '../checkpoints/checkpoint.js';
import type { Column } from '../tables/column.js';
import { type Coded, idsOf, sliceValuesOf } from '../tables/identity.js';
import { numberColumn } from '../tables/numbers.js';
import { readTable } from '../tables/read-table.js';
import { BadRows, columnNamed, rowName, type Table } from '../tables/table.js';
import { refuseLabelCopies } from './label-copies.js';
import { labelsOf } from './labels.js';
import { countRepeatedPairs } from './repeats.js';

/** Where a tower's features stand, and which row of that table each eval row reads. */
export interface FeatureTable {
  readonly side: Side;
  readonly table: Table;
  /** Shape (rows): eval row → row of `table`. */
  readonly tableRow: Int32Array;
  /** The id of a row of `table`, for messages and for precomputed embeddings. */
  readonly ids: Coded;
  /** False where the eval set's rows themselves carry the features, which may then vary within one id. */
  readonly ownTable: boolean;
  /** Shape (ids): 1 for an id that no catalogue holds at some version; absent where all are there. */
  readonly absent?: Uint8Array;
}

export interface EvalSet {
  readonly rows: number;
  readonly positives: number;
  /** Shape (rows): query id, item id and cluster of every row. */
  readonly query: Coded;
  readonly item: Coded;
  readonly cluster: Coded;
  /** Shape (rows), in [0, 1]: a grade as a share of the highest. */
  readonly label: Float64Array;
  /** The grade that a label of 1 stands for; 1 where left out. */
  readonly grades?: number;
  /** Shape (rows), non-negative. */
  readonly weight: Float64Array;
  readonly slices: ReadonlyMap<string, Coded>;
  readonly features: Readonly<Record<Side, FeatureTable>>;
  /** Rows whose (query, item) pair stands in an earlier row too; undefined where nobody has counted. */
  readonly repeatedPairs?: number;
  /** What is to be said of its tables. */
  readonly notices?: readonly string[];
  readonly sha256: Readonly<Partial<Record<EvalFile, string>>>;
}

/** The rows that are kept; codes and names shrink with them. `absent`: items that leave the catalogue. */
export function selectRows(evalSet: EvalSet, keep: (r: number) => boolean, absent: Uint8Array): EvalSet {
  const rows = Int32Array.from({ length: evalSet.rows }, (_, r) => r).filter(keep);
  const { query, item } = evalSet.features;
  const label = Float64Array.from(rows, (r) => evalSet.label[r]!);
  return {
    ...evalSet,
    rows: rows.length,
    positives: label.filter((y) => y > 0).length,
    query: recoded(evalSet.query, rows),
    item: recoded(evalSet.item, rows),
    cluster: recoded(evalSet.cluster, rows),
    label,
    weight: Float64Array.from(rows, (r) => evalSet.weight[r]!),
    slices: new Map([...evalSet.slices].map(([name, coded]) => [name, recoded(coded, rows)])),
    features: {
      query: { ...query, tableRow: Int32Array.from(rows, (r) => query.tableRow[r]!) },
      item: { ...item, tableRow: Int32Array.from(rows, (r) => item.tableRow[r]!), absent },
    },
  };
}

function recoded({ codes, names }: Coded, rows: Int32Array): Coded {
  const code = new Map<number, number>();
  const kept: string[] = [];
  const fresh = Int32Array.from(rows, (r) => {
    let now = code.get(codes[r]!);
    if (now === undefined) {
      now = kept.push(names[codes[r]!]!) - 1;
      code.set(codes[r]!, now);
    }
    return now;
  });
  return { codes: fresh, names: kept };
}

/** Verifies the digest of every table of the eval set, before anything else is read. */
export async function verifyEvalSet(policy: SkewPolicy, workspace: Workspace): Promise<void> {
  const problems: Problem[] = [];
  for (const name of EVAL_FILES) {
    const file = policy.evalSet.files[name];
    if (file === undefined) continue;
    const artefact = artefactAt(file.path);
    if (!artefact) {
      problems.push({
        place: file.place,
        found: `no ${quoted(name)} any more`,
        expected: 'files that stay as they are',
      });
      continue;
    }
    const digest = await workspace.digests.of(artefact);
    if (digest !== file.sha256)
      problems.push({
        place: file.digestPlace,
        found: `sha256 ${file.sha256.slice(0, 12)}… of ${quoted(name)}, but ${workspace.show(file.path)} has ${digest.slice(0, 12)}…`,
        expected: 'the digest of the file',
        mend: `If the file is the right one, run: skewgate pin ${policy.path}`,
      });
  }
  if (problems.length > 0) throw new DataError(problems);
}

/** The feature columns that the towers read, and who reads each, for messages. */
export interface WantedFeatures {
  readonly columns: Readonly<Record<Side, readonly string[]>>;
  readonly readers: Readonly<Record<Side, ReadonlyMap<string, string>>>;
}

const SIDES: readonly Side[] = ['query', 'item'];

/** No features: precomputed embeddings are looked up by id. */
export const NO_FEATURES: WantedFeatures = {
  columns: { query: [], item: [] },
  readers: { query: new Map(), item: new Map() },
};

/** What several families read together. */
export function allFeatures(families: readonly WantedFeatures[]): WantedFeatures {
  const side = (name: Side) => ({
    columns: [...new Set(families.flatMap(({ columns }) => columns[name]))],
    readers: new Map(families.toReversed().flatMap(({ readers }) => [...readers[name]])),
  });
  const query = side('query');
  const item = side('item');
  return {
    columns: { query: query.columns, item: item.columns },
    readers: { query: query.readers, item: item.readers },
  };
}

/** Loads the eval set with the feature columns that the towers read. */
export async function loadEvalSet(policy: SkewPolicy, wanted: WantedFeatures, workspace: Workspace): Promise<EvalSet> {
  const spec = policy.evalSet;
  const named = Object.values(spec.columns);
  const flatColumns = [
    ...(spec.files.queries ? [] : wanted.columns.query),
    ...(spec.files.items ? [] : wanted.columns.item),
  ];
  const rows = await readEvalTable(spec, 'rows', [...named, ...spec.slices, ...flatColumns], workspace);
  if (rows.rows === 0)
    throw new DataError([{ place: { file: rows.file }, found: 'a table without rows', expected: 'at least one row' }]);

  const problems: Problem[] = [];
  for (const [role, name] of [...Object.entries(spec.columns), ...spec.slices.map((name) => [`slices.${name}`, name])])
    if (!rows.columnNames.includes(name!)) problems.push(missingColumn(rows, name!, spec.columnPlaces.get(role!)));
  if (problems.length > 0) throw new DataError(problems);

  const bad = new BadRows(rows);
  const column = (name: string): Column => columnNamed(rows, name);
  const query = idsOf(column(spec.columns.query), spec.columns.query, bad);
  const item = idsOf(column(spec.columns.item), spec.columns.item, bad);
  const cluster =
    spec.columns.cluster === undefined ? query : idsOf(column(spec.columns.cluster), spec.columns.cluster, bad);
  const { grades } = spec;
  const written = labelsOf(column(spec.columns.label), spec.columns.label, grades, bad, rows.untyped ?? false);
  const label = grades === 1 ? written : written.map((grade) => grade / grades);
  const weight =
    spec.columns.weight === undefined
      ? new Float64Array(rows.rows).fill(1)
      : numberColumn(
          column(spec.columns.weight),
          spec.columns.weight,
          bad,
          'a weight of 0 or above',
          (w) => w >= 0 && w < Infinity,
          rows.untyped ?? false,
        );
  const slices = new Map(spec.slices.map((name) => [name, sliceValuesOf(column(name), name, bad)]));
  bad.throwIfAny();
  if (!weight.some((w) => w > 0))
    throw new DataError([
      { place: { file: rows.file }, found: 'weights that are all 0', expected: 'at least one row that counts' },
    ]);

  const features = {
    query: await featureTable('query', spec, rows, query, wanted, workspace),
    item: await featureTable('item', spec, rows, item, wanted, workspace),
  };
  const read = SIDES.flatMap((side) =>
    wanted.columns[side].map((name) => ({
      name,
      column: columnNamed(features[side].table, name),
      file: features[side].table.file,
      tableRow: features[side].tableRow,
      reader: wanted.readers[side].get(name) ?? `the ${side} tower`,
    })),
  );
  refuseLabelCopies(read, written, spec.columns.label, grades);
  const repeatedPairs = countRepeatedPairs({
    table: rows,
    columns: spec.columns,
    query,
    item,
    values: { label, weight },
    telling: [cluster, ...slices.values()],
    features: flatColumns.map(column),
  });
  let positives = 0;
  for (let r = 0; r < rows.rows; r++) if (label[r]! > 0) positives++;
  const sha256 = Object.fromEntries(
    EVAL_FILES.flatMap((name) => (spec.files[name] ? [[name, spec.files[name].sha256]] : [])),
  );
  const tables = new Set([rows, features.query.table, features.item.table]);
  const notices = [...tables].flatMap((table) => table.notices ?? []);
  const roles = { query, item, cluster, label, weight, slices };
  return { rows: rows.rows, positives, ...roles, grades, features, repeatedPairs, notices, sha256 };
}

async function readEvalTable(
  spec: EvalSetPolicy,
  name: EvalFile,
  wanted: readonly string[],
  workspace: Workspace,
): Promise<Table> {
  const file = spec.files[name]!;
  return readTable(file.path, workspace.show(file.path), wanted, file.place);
}

function missingColumn(table: Table, name: string, place: Place | undefined): Problem {
  const near = didYouMean(name, table.columnNames);
  return {
    ...(place ? { place } : {}),
    found: `column ${quoted(name)}, which ${table.file} does not have`,
    expected: `one of ${list(
      table.columnNames.map((n) => quoted(n)),
      20,
    )}`,
    ...(near ? { mend: `Did you mean "${near}"?` } : {}),
  };
}

/** Where a side's features are: its own table (an id once), or the rows themselves. */
async function featureTable(
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

  const badFeatures = new BadRows(table);
  const tableIds = idsOf(columnNamed(table, idName), idName, badFeatures);
  const rowOfId = new Map<string, number>();
  for (let r = 0; r < table.rows; r++) {
    const code = tableIds.codes[r]!;
    if (code === -1) continue;
    const first = rowOfId.get(tableIds.names[code]!);
    if (first === undefined) rowOfId.set(tableIds.names[code]!, r);
    else
      badFeatures.add(
        r,
        idName,
        `${quoted(tableIds.names[code])} again (first in ${rowName(table, first)})`,
        'every id once in a feature table',
      );
  }
  badFeatures.throwIfAny();

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
  return { side, table, tableRow, ids: tableIds, ownTable: true };
}

function requireColumns(side: Side, table: Table, { columns, readers }: WantedFeatures): void {
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
        mend: `${near ? `Did you mean "${near}"? ` : ''}Name the columns of that input under ${side}_tower.inputs of the release: input: column, or input: [a, b]`,
      };
    }),
  );
}
