/** Queries in the SQL of the warehouses that write evidence: one text wherever their dialects do not differ. */

import type { SqlDialect } from '../../documents/release/release.js';

/** Every dialect, by the name that a release gives it, with its own. */
export const DIALECTS: Readonly<Record<SqlDialect, string>> = {
  duckdb: 'DuckDB',
  spark: 'Spark SQL',
  bigquery: 'BigQuery',
};

/** A query, or a piece of one, in every dialect. */
export type Sql = Readonly<Record<SqlDialect, string>>;

/** The dialect where a release names none: it runs on exported files, without a warehouse. */
const DEFAULT: SqlDialect = 'duckdb';

/**
 * A query whose dialects differ in the pieces alone.
 *
 * @example sql`SELECT COUNT(*) AS ${reserved('rows')} FROM serving_log`
 */
export function sql(texts: TemplateStringsArray, ...pieces: readonly Sql[]): Sql {
  const inDialect = (dialect: SqlDialect) =>
    texts.reduce((query, text, i) => `${query}${pieces[i - 1]?.[dialect] ?? ''}${text}`);
  return { duckdb: inDialect('duckdb'), spark: inDialect('spark'), bigquery: inDialect('bigquery') };
}

/** The same text in every dialect. */
export function everywhere(text: string): Sql {
  return { duckdb: text, spark: text, bigquery: text };
}

/** The name of a column that is a reserved word in BigQuery alone, such as `rows`. */
export function reserved(column: string): Sql {
  return { duckdb: column, spark: column, bigquery: `\`${column}\`` };
}

/** All columns of a table but some. */
export function allBut(...columns: readonly string[]): Sql {
  const names = columns.join(', ');
  return { duckdb: `* EXCLUDE (${names})`, spark: `* EXCEPT (${names})`, bigquery: `* EXCEPT (${names})` };
}

/** About one row of a hundred, as the end of a FROM clause. */
export const ONE_PERCENT: Sql = {
  duckdb: 'TABLESAMPLE BERNOULLI (1 PERCENT)',
  spark: 'TABLESAMPLE (1 PERCENT)',
  bigquery: 'TABLESAMPLE SYSTEM (1 PERCENT)',
};

/** The query as the release's warehouse takes it. */
export function inDialectOf({ sqlDialect = DEFAULT }: { readonly sqlDialect?: SqlDialect }, query: Sql): string {
  return query[sqlDialect];
}
