/** Columns of scores that the rows of the eval set bring, in place of towers. */
import type { EvalSetPolicy } from '../../documents/policy/policy.js';
import { DataError, type Place, type Problem } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import type { Column } from '../tables/column.js';
import { numberColumn } from '../tables/numbers.js';
import { BadRows, columnNamed, type Table } from '../tables/table.js';
import { missingColumn } from './eval-table.js';

/** One column of scores that a release names. */
export interface WantedScore {
  readonly name: string;
  /** The place of the release's key that names it. */
  readonly place: Place;
  /** As messages call it. */
  readonly what: string;
  /** True of a column that may be missing, as long as the table has another of the same key. */
  readonly optional: boolean;
}

/**
 * The wanted columns that the rows have. DataError, at the release's keys, with those that must be there and are not.
 */
export function presentScores(wanted: readonly WantedScore[], table: Table, spec: EvalSetPolicy): WantedScore[] {
  const has = ({ name }: WantedScore) => table.columnNames.includes(name);
  const problems = wanted.flatMap((score): Problem[] => {
    const { name, place, what, optional } = score;
    if (has(score)) return roleProblem(score, spec);
    const others = wanted.filter((other) => other.place === place);
    if (optional && others.some(has)) return [];
    // One line says that all of a key are missing.
    if (!others.some(has) && others[0] !== score) return [];
    const missing = missingColumn(table, name, place);
    return [{ ...missing, found: `${missing.found} (${what})` }];
  });
  if (problems.length > 0) throw new DataError(problems);
  return wanted.filter(has);
}

/** A column that the policy gives another part is no score. */
function roleProblem({ name, place }: WantedScore, { columns, slices }: EvalSetPolicy): Problem[] {
  const roles = Object.entries(columns).flatMap(([role, column]) => (column === name ? [`the ${role}`] : []));
  if (slices.includes(name)) roles.push('a slice');
  if (roles.length === 0) return [];
  return [
    {
      place,
      found: `column ${quoted(name)}, which is ${list(roles)} of the eval set`,
      expected: 'a column of scores',
      mend: 'Give the scores a column of their own.',
    },
  ];
}

/** A finite number. */
const EXPECTED = 'a finite score';

/** Shape (rows) each, by name. DataError, at the release's keys, with the rows that hold no finite number. */
export function readScores(
  wanted: readonly WantedScore[],
  table: Table,
): ReadonlyMap<string, Float64Array> | undefined {
  if (wanted.length === 0) return undefined;
  const problems: Problem[] = [];
  const scores = new Map<string, Float64Array>();
  for (const { name, place } of wanted) {
    if (scores.has(name)) continue;
    const bad = new BadRows(table);
    scores.set(name, numbersOf(columnNamed(table, name), name, bad));
    problems.push(...bad.problems.map((problem) => atKey(problem, place)));
  }
  if (problems.length > 0) throw new DataError(problems);
  return scores;
}

/** Points at the release's key; the row keeps its file in words. */
function atKey(problem: Problem, place: Place): Problem {
  const { file, line } = problem.place ?? {};
  return { ...problem, place, found: `${problem.found} in ${file}${line === undefined ? '' : `:${line}`}` };
}

/** A column of numbers that lacks none is taken as it stands, without a copy. */
function numbersOf(column: Column, name: string, bad: BadRows): Float64Array {
  if (column.type === 'float' && column.values instanceof Float64Array && !column.nulls && allFinite(column.values))
    return column.values;
  return numberColumn(column, name, bad, EXPECTED, Number.isFinite, 'Score the row, or leave it out of the eval set.');
}

function allFinite(values: Float64Array): boolean {
  for (let r = 0; r < values.length; r++) if (!Number.isFinite(values[r])) return false;
  return true;
}
