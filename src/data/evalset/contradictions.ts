/**
 * Rows of one (query, item) pair that differ in label or weight alone, as impressions of a log do: one error for all of
 * them, with the SQL that makes one row of each pair.
 *
 * A pair's score is one number, so that the log loss of its rows, Σ_i w_i·ℓ(y_i, p), is linear in the labels: one row
 * with the weight Σ w_i and the label Σ w_i·y_i / Σ w_i has the same one. So have normalized entropy and calibration,
 * which read Σw, Σwy and that sum, and AUC, for which a fractional label is that share of a positive.
 */
import type { EvalSetPolicy } from '../../documents/policy/policy.js';
import { DataError } from '../../errors.js';
import { plural } from '../../lib/text.js';
import { rowName, rowPlace, type Table } from '../tables/table.js';

/** The first two rows of a pair that differ. */
export interface Contradiction {
  readonly role: 'label' | 'weight';
  /** Row of the table, from 0, and its value; an earlier row of the pair, and the value there. */
  readonly row: number;
  readonly value: number;
  readonly before: number;
  readonly first: number;
}

export class Contradictions {
  private earliest: Contradiction | undefined;
  private pairs = 0;

  /** @param features columns of the rows that towers read, or that are scores */
  constructor(
    private readonly table: Table,
    private readonly spec: Pick<EvalSetPolicy, 'columns' | 'slices'>,
    private readonly features: readonly string[],
  ) {}

  /** Notes one pair. */
  add(found: Contradiction): void {
    this.pairs++;
    if (this.earliest === undefined || found.row < this.earliest.row) this.earliest = found;
  }

  /** Throws DataError with the earliest row, the number of pairs, and the mend. */
  throwIfAny(): void {
    if (this.earliest === undefined) return;
    const { role, row, value, before, first } = this.earliest;
    const { table, spec, features } = this;
    const more = this.pairs > 1 ? ` (and ${plural(this.pairs - 1, 'more such pair')})` : '';
    const name = spec.columns[role] ?? role;
    throw new DataError([
      {
        place: rowPlace(table, row),
        found:
          `${rowName(table, row)}, column "${name}" is ${value}, where ${rowName(table, before)} has ${first} for the ` +
          `same (query, item) pair${more}`,
        expected:
          'one row a pair, where pairs repeat with another label or weight alone: with their mean label and the sum of ' +
          'their weights, log loss, normalized entropy, calibration and AUC are the same',
        mend: aggregation(table.file, spec, features),
      },
    ]);
  }
}

/** The statement that writes a table of one row a pair, and what to do with it. */
function aggregation(
  file: string,
  { columns, slices }: Pick<EvalSetPolicy, 'columns' | 'slices'>,
  features: readonly string[],
): string {
  const { query, item, cluster, label, weight } = columns;
  const kept = [...new Set([query, item, ...(cluster === undefined ? [] : [cluster]), ...slices, ...features])];
  const [y, w] = [`${identifier(label)}::DOUBLE`, weight === undefined ? undefined : `${identifier(weight)}::DOUBLE`];
  const weightName = weight ?? freeName([...kept, label]);
  const mean = w === undefined ? `avg(${y})` : `coalesce(sum(${w} * ${y}) / nullif(sum(${w}), 0), avg(${y}))`;
  const selected = [
    ...kept.map(identifier),
    `${mean} AS ${identifier(label)}`,
    `${w === undefined ? 'count(*)' : `sum(${w})`} AS ${identifier(weightName)}`,
  ];
  const { from, to } = tablesOf(file);
  const named = weight === undefined ? `, with weight: ${weightName} under eval_set.columns` : '';
  return (
    `In DuckDB: COPY (SELECT ${selected.join(', ')} FROM ${from} GROUP BY ALL ORDER BY ALL) TO ${text(to)}; ` +
    `then take ${to} for the rows${named}; skewgate pin POLICY writes its digest`
  );
}

/** The words by which DuckDB reads a table, and the file that is written beside it. Cells of a CSV stay texts. */
function tablesOf(file: string): { readonly from: string; readonly to: string } {
  const [, stem = file, ending = ''] = /^(.*?)(\.(?:parquet|csv|tsv|jsonl|ndjson|json)(?:\.gz)?)$/i.exec(file) ?? [];
  if (/^\.[ct]sv/i.test(ending))
    return { from: `read_csv(${text(file)}, all_varchar = true)`, to: `${stem}.pairs.csv` };
  if (/json|ndjson/i.test(ending)) return { from: `read_json(${text(file)})`, to: `${stem}.pairs.parquet` };
  const glob = ending === '' && !file.includes('*') ? `${file.replace(/\/+$/, '')}/**/*.parquet` : file;
  return { from: text(glob), to: `${stem.replace(/\/*\*.*$|\/+$/, '')}.pairs.parquet` };
}

function freeName(taken: readonly string[]): string {
  let name = 'weight';
  while (taken.includes(name)) name = `pair_${name}`;
  return name;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
