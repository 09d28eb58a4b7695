/**
 * The two tables that partial sums are, of any columns: sums by bucket, and second moments of pairs that are divided by
 * the shares of their buckets.
 */
import { triangleOf } from '../estimation/state/sum-arrays.js';
import type { CutsSql } from './cuts-sql.js';

/** Columns of rows that share cluster and item, and the weights by bucket that shares are of. */
export interface Summed {
  /** The column that names it in its table, and its name. */
  readonly column: 'quantity' | 'metric';
  readonly name: string;
  /** A table, or a query in brackets, with cell, qb, ib and the columns; a row a (cluster, item) pair. */
  readonly pairs: string;
  /** A table with cell, side, bucket and weight. */
  readonly census: string;
  readonly columns: readonly string[];
}

/**
 * Sums by cell, side and bucket, of which one is called weight.
 *
 * @param from   a table, or a query in brackets, with cell, qb, ib and the columns
 * @param weight the column whose sum is the weight
 */
export function bucketsOf(from: string, columns: readonly string[], weight: string): string {
  const sums = columns.map((own) => `SUM(${own}) AS ${own === weight ? 'weight' : own}`).join(', ');
  const side = (name: string, bucket: string) =>
    `SELECT cell, '${name}' AS side, ${bucket} AS bucket, ${sums} FROM ${from} AS pairs GROUP BY cell, ${bucket}`;
  return `${side('query', 'qb')}\nUNION ALL\n${side('item', 'ib')}`;
}

/** Sums by bucket of a metric: columns c0, c1, … */
export function marginalsOf({ d }: CutsSql, { column, name, pairs, columns }: Summed): string {
  const fields = columns.map((own, n) => `${own} AS c${n}`).join(', ');
  return `SELECT ${d.text(name)} AS ${column}, cell, side, bucket, ${fields} FROM (\n${bucketsOf(pairs, columns, '')}\n) AS sums`;
}

/**
 * Second moments over pairs, as lower triangles: plain (m), and divided by the share of the cell's weight that the
 * pair's bucket has (q, i).
 */
export function momentsOf({ d }: CutsSql, { column, name, pairs, census, columns }: Summed): string {
  const inverse = (side: string) => `CASE WHEN ${side}.weight > 0 THEN ${side}.total / ${side}.weight ELSE 0 END`;
  const shares = (side: string, bucket: string) =>
    `JOIN (SELECT cell, bucket, weight, SUM(weight) OVER (PARTITION BY cell) AS total FROM ${census} WHERE side = '${side}') ` +
    `AS ${side}_side ON ${side}_side.cell = pairs.cell AND ${side}_side.bucket = pairs.${bucket}`;
  const joined =
    `SELECT pairs.cell, ${columns.map((own) => `pairs.${own}`).join(', ')}, ` +
    `${inverse('query_side')} AS by_query, ${inverse('item_side')} AS by_item\nFROM ${pairs} AS pairs\n` +
    `${shares('query', 'qb')}\n${shares('item', 'ib')}`;
  const fields = columns.flatMap((own, c) =>
    columns.slice(0, c + 1).map((other, e) => {
      const corner = triangleOf(c) + e;
      const product = `${own} * ${other}`;
      return `SUM(${product}) AS m${corner}, SUM(${product} * by_query) AS q${corner}, SUM(${product} * by_item) AS i${corner}`;
    }),
  );
  return (
    `SELECT ${d.text(name)} AS ${column}, cell,\n  ${fields.join(',\n  ')}\n` +
    `FROM (\n${joined}\n) AS shared GROUP BY cell`
  );
}
