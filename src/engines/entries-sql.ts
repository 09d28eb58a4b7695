/**
 * Sums over the rows of a query in a cell, once for all metrics of rankings: their weight and masses, and the places of
 * the first relevant row. Of cuts but that of all rows only the queries that they split have rows here: every other one
 * has there what it has over all rows.
 */
import { type CutsSql, massesOf } from './cuts-sql.js';
import { ROWS } from './names.js';
import { modelsOf, PLACED } from './placement-sql.js';
import type { Ranking } from './plan.js';

/**
 * Of a query in a cell: its rows (rows_in), their weight (weight_in), that of positives and of others (positive_in,
 * negative_in), relevant rows and the sum of their labels (relevant, gains), and by mass j Σ w·m and Σ m (mass_of…,
 * plain_of…).
 */
const ENTRIES = 'skewgate_entries';

/** The first place of a relevant row (f…), the rows that share it (n…), and the relevant ones among these (r…). */
const FIRSTS = 'skewgate_firsts';

export class EntriesSql {
  constructor(private readonly cuts: CutsSql) {}

  /** The statements, after that of the placed rows. */
  prepared(): readonly string[] {
    const { cuts } = this;
    const { d, plan } = cuts;
    return [
      ...d.create(
        ENTRIES,
        cuts.byCut((n) => this.entries(n)),
      ),
      ...(plan.rankings.some(isOfFirst)
        ? d.create(
            FIRSTS,
            cuts.byCut((n) => this.firsts(n)),
          )
        : []),
    ];
  }

  dropped(): readonly string[] {
    const { d, plan } = this.cuts;
    return [d.drop(ENTRIES), ...(plan.rankings.some(isOfFirst) ? [d.drop(FIRSTS)] : [])];
  }

  private entries(n: number): string {
    const masses = massesOf(this.cuts.plan).flatMap((_, j) => [
      `SUM(w * m${j}) AS mass_of${j}`,
      `SUM(m${j}) AS plain_of${j}`,
    ]);
    const fields = [
      'q',
      'COUNT(*) AS rows_in',
      'SUM(w) AS weight_in',
      'SUM(w * y) AS positive_in',
      'SUM(w * (1 - y)) AS negative_in',
      'SUM(CASE WHEN y > 0 THEN 1 ELSE 0 END) AS relevant',
      'SUM(y) AS gains',
      ...masses,
    ];
    return this.cuts.fromRows(n, fields, `${ROWS}${this.splitBy(n)}`, ['q']);
  }

  private firsts(n: number): string {
    const models = modelsOf(this.cuts);
    const by = ['q', ...this.cuts.sliced(n)];
    const least = models.map((p) => `MIN(a${p}) AS f${p}`).join(', ');
    const first = `SELECT ${by.map((column) => `${column} AS first_${column}`).join(', ')}, ${least} FROM ${PLACED}${this.splitBy(n)} GROUP BY ${by.join(', ')}`;
    const same = by.map((column) => `first_${column} = ${column}`).join(' AND ');
    const fields = models.flatMap((p) => [
      `MIN(f${p}) AS f${p}`,
      `MAX(CASE WHEN a${p} = f${p} THEN t${p} ELSE 0 END) AS n${p}`,
      `SUM(CASE WHEN a${p} = f${p} THEN 1 ELSE 0 END) AS r${p}`,
    ]);
    const from = `${PLACED} AS placed JOIN (\n${first}\n) AS firsts ON ${same}`;
    return this.cuts.fromRows(n, ['q', ...fields], `${from}${this.splitBy(n)}`, ['q']);
  }

  /** Rows of the queries that a cut splits; of all where it does not cut. */
  splitBy(n: number): string {
    return n === 0 ? '' : ` WHERE u${n} = 1`;
  }

  /**
   * Rows beside what is summed over their query in their cell.
   *
   * @param rows    a table, or a query in brackets, with q and the cells
   * @param ranking what it needs beside the entries
   */
  beside(rows: string, n: number, ranking: Ranking): string {
    const cell = n === 0 ? '0' : `k${n}`;
    const joined = (table: string, alias: string) =>
      `JOIN ${table} AS ${alias} ON ${alias}.q = placed.q AND ${alias}.cell = ${n === 0 ? cell : `placed.${cell}`}`;
    const tables = [
      joined(`(SELECT cell, q, ${this.entryColumns().join(', ')} FROM ${ENTRIES})`, 'entries'),
      ...(isOfFirst(ranking) ? [joined(FIRSTS, 'firsts')] : []),
    ];
    const fields = [
      'placed.*',
      ...this.entryColumns().map((column) => `entries.${column}`),
      ...(isOfFirst(ranking)
        ? modelsOf(this.cuts).flatMap((p) => ['f', 'n', 'r'].map((letter) => `firsts.${letter}${p}`))
        : []),
    ];
    return `SELECT ${fields.join(', ')}\nFROM ${rows} AS placed\n${tables.join('\n')}`;
  }

  private entryColumns(): string[] {
    const masses = massesOf(this.cuts.plan).flatMap((_, j) => [`mass_of${j}`, `plain_of${j}`]);
    return ['rows_in', 'weight_in', 'positive_in', 'negative_in', 'relevant', 'gains', ...masses];
  }
}

/** Metrics of the first relevant row alone. */
export function isOfFirst({ name }: Ranking): boolean {
  return name === 'hit' || name === 'mrr';
}
