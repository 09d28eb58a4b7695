/** Loads the pinned eval set: digests first, then its rows, then the features that the towers read. */
import { EVAL_FILES, type EvalSetPolicy, type SkewPolicy } from '../../documents/policy/policy.js';
import { DataError, type Problem } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import type { Workspace } from '../artefacts/files.js';
import { artefactAt } from '../artefacts/list.js';
import type { Side } from '../checkpoints/checkpoint.js';
import type { Column } from '../tables/column.js';
import { type Coded, doubtfulSlices, idsOf, sliceValuesOf } from '../tables/identity.js';
import { numberColumn } from '../tables/numbers.js';
import { BadRows, columnNamed, type Table } from '../tables/table.js';
import { Contradictions } from './contradictions.js';
import { missingColumn, readEvalTable } from './eval-table.js';
import type { EvalSet } from './evalset.js';
import { featureTable, type WantedFeatures } from './features.js';
import { presentScores, readScores, type WantedScore } from './given-scores.js';
import { type ReadFeature, refuseLabelCopies } from './label-copies.js';
import { labelsOf } from './labels.js';
import { countRepeatedPairs } from './repeats.js';

const SIDES: readonly Side[] = ['query', 'item'];

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
    if (await workspace.digests.matches(artefact, file.sha256)) continue;
    const digest = await workspace.digests.of(artefact);
    problems.push({
      place: file.digestPlace,
      found:
        `sha256 ${file.sha256.slice(0, 12)}… of ${quoted(name)}, but ${workspace.show(file.path)} has ` +
        `${digest.slice(0, 12)}…`,
      expected: 'the digest of the file',
      mend: `If the file is the right one, run: skewgate pin ${policy.path}`,
    });
  }
  if (problems.length > 0) throw new DataError(problems);
}

/** Loads the eval set with the feature columns that the towers read, and the scores that stand in its rows. */
export async function loadEvalSet(
  policy: SkewPolicy,
  wanted: WantedFeatures,
  workspace: Workspace,
  given: readonly WantedScore[] = [],
): Promise<EvalSet> {
  const spec = policy.evalSet;
  const flatColumns = [
    ...(spec.files.queries ? [] : wanted.columns.query),
    ...(spec.files.items ? [] : wanted.columns.item),
  ];
  const names = given.map(({ name }) => name);
  const table = await readRows(spec, [...flatColumns, ...names], workspace);
  const known = presentScores(given, table, spec);
  const bad = new BadRows(table);
  const { written, ...roles } = rolesOf(table, spec, bad);
  bad.throwIfAny();
  if (!roles.weight.some((w) => w > 0)) throw weightless(table.file);
  const { query, item, cluster, label, weight, slices } = roles;
  const features = {
    query: await featureTable('query', spec, table, query, wanted, workspace),
    item: await featureTable('item', spec, table, item, wanted, workspace),
  };
  const read = [...readFeatures(features, wanted), ...known.map((score) => asFeature(score, table))];
  refuseLabelCopies(read, written, spec.columns.label, spec.grades);
  const scores = readScores(known, table);
  const inRows = [...new Set([...flatColumns, ...known.map(({ name }) => name)])];
  const contradictions = new Contradictions(table, spec, inRows);
  const repeatedPairs = countRepeatedPairs(
    {
      ...{ query, item, values: { label, weight }, telling: [cluster, ...slices.values()] },
      features: inRows.map((name) => columnNamed(table, name)),
    },
    contradictions,
  );
  contradictions.throwIfAny();
  let positives = 0;
  for (const y of label) if (y > 0) positives++;
  const sha256 = Object.fromEntries(
    EVAL_FILES.flatMap((name) => (spec.files[name] ? [[name, spec.files[name].sha256]] : [])),
  );
  const tables = new Set([table, features.query.table, features.item.table]);
  const doubtful = [...slices].flatMap(([name, values]) => doubtfulSlices(values, name, table.file));
  const notices = [...[...tables].flatMap((own) => own.notices ?? []), ...doubtful];
  return {
    ...{ rows: table.rows, positives, ...roles, grades: spec.grades, features, repeatedPairs, notices, sha256 },
    ...(scores ? { scores } : {}),
  };
}

/**
 * Reads the rows with the columns of the policy, and the features and scores that stand there. DataError where a column
 * of the policy is missing.
 */
async function readRows(spec: EvalSetPolicy, ofModels: readonly string[], workspace: Workspace): Promise<Table> {
  const named = Object.entries(spec.columns);
  const wanted = [...named.map(([, name]) => name), ...spec.slices, ...ofModels];
  const table = await readEvalTable(spec, 'rows', wanted, workspace);
  if (table.rows === 0) throw rowless(table.file);
  requireRoles(table, spec);
  return table;
}

export function rowless(file: string): DataError {
  return new DataError([{ place: { file }, found: 'a table without rows', expected: 'at least one row' }]);
}

export function weightless(file: string): DataError {
  return new DataError([
    { place: { file }, found: 'weights that are all 0', expected: 'at least one row that counts' },
  ]);
}

/** DataError where a column of the policy is missing. */
export function requireRoles(table: Table, spec: EvalSetPolicy): void {
  const named = Object.entries(spec.columns);
  const byRole = [...named, ...spec.slices.map((name) => [`slices.${name}`, name] as const)];
  const problems = byRole
    .filter(([, name]) => !table.columnNames.includes(name))
    .map(([role, name]) => missingColumn(table, name, spec.columnPlaces.get(role)));
  if (problems.length > 0) throw new DataError(problems);
}

export type Roles = Pick<EvalSet, 'query' | 'item' | 'cluster' | 'label' | 'weight' | 'slices'> & {
  /** Shape (rows): the labels as they are written, grades where the policy says so. */
  readonly written: Float64Array;
};

/**
 * Reads what the policy's columns say of every row. Rows in which one is missing or none of its kind are noted, and
 * nothing of what is read then counts.
 */
export function rolesOf(table: Table, { columns, grades, slices: sliceNames }: EvalSetPolicy, bad: BadRows): Roles {
  const column = (name: string): Column => columnNamed(table, name);
  const ids = (name: string): Coded => idsOf(column(name), name, bad);
  const numbers = (name: string, expected: string, valid: (value: number) => boolean) =>
    numberColumn(column(name), name, bad, expected, valid);
  const query = ids(columns.query);
  const item = ids(columns.item);
  const cluster = columns.cluster === undefined ? query : ids(columns.cluster);
  const written = labelsOf(column(columns.label), columns.label, grades, bad);
  const label = grades === 1 ? written : written.map((grade) => grade / grades);
  const weight =
    columns.weight === undefined
      ? new Float64Array(table.rows).fill(1)
      : numbers(columns.weight, 'a weight of 0 or above', (w) => w >= 0 && w < Infinity);
  const slices = new Map(sliceNames.map((name) => [name, sliceValuesOf(column(name), name, bad)]));
  return { query, item, cluster, label, written, weight, slices };
}

/** Every feature column with the table that it stands in, and the tower that reads it. */
function readFeatures(features: EvalSet['features'], wanted: WantedFeatures): ReadFeature[] {
  return SIDES.flatMap((side) =>
    wanted.columns[side].map((name) => ({
      name,
      column: columnNamed(features[side].table, name),
      file: features[side].table.file,
      tableRow: features[side].tableRow,
      reader: wanted.readers[side].get(name) ?? `the ${side} tower`,
    })),
  );
}

/** A column of scores, to be held against the label as a feature is. */
export function asFeature({ name, place, what }: WantedScore, table: Table): ReadFeature {
  return { name, column: columnNamed(table, name), file: table.file, reader: `the release (${what})`, place };
}
