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
  /** A table, or a query in brackets, with the keys of cells, qb, ib and the columns; a row a (cluster, item) pair. */
  readonly pairs: string;
  /** A table with the keys of cells, side, bucket and weight. */
  readonly census: string;
  readonly columns: readonly string[];
}

/** The weight of every bucket and cell. @param weight a column of the table */
export function censusOf(cuts: CutsSql, from: string, weight: string): string {
  const key = cuts.keys().join(', ');
  const side = (name: string, bucket: string) =>
    `SELECT ${key}, '${name}' AS side, ${bucket} AS bucket, SUM(${weight}) AS weight FROM ${from} GROUP BY ${key}, ${bucket}`;
  return `${side('query', 'qb')}\nUNION ALL\n${side('item', 'ib')}`;
}

/** Sums by bucket: columns c0, c1, … */
export function marginalsOf(cuts: CutsSql, { column, name, pairs, columns }: Summed): string {
  const keys = cuts.keys().join(', ');
  const sums = columns.map((own, n) => `SUM(${own}) AS c${n}`).join(', ');
  const side = (which: string, bucket: string) =>
    `SELECT ${cuts.d.text(name)} AS ${column}, ${keys}, '${which}' AS side, ${bucket} AS bucket, ` +
    `${sums} FROM ${pairs} AS pairs GROUP BY ${keys}, ${bucket}`;
  return `${side('query', 'qb')}\nUNION ALL\n${side('item', 'ib')}`;
}

/**
 * Second moments over pairs, as lower triangles: plain (m), and divided by the share of the cell's weight that the
 * pair's bucket has (q, i).
 */
export function momentsOf(cuts: CutsSql, { column, name, pairs, census, columns }: Summed): string {
  const keys = cuts.keys();
  const same = (table: string) => keys.map((key) => `${table}.${key} = pairs.${key}`).join(' AND ');
  const joined =
    `SELECT pairs.*, CASE WHEN query_side.weight > 0 THEN cell.weight / query_side.weight ELSE 0 END AS by_query, ` +
    `CASE WHEN item_side.weight > 0 THEN cell.weight / item_side.weight ELSE 0 END AS by_item\nFROM ${pairs} AS pairs\n` +
    `JOIN (SELECT ${keys.join(', ')}, SUM(weight) AS weight FROM ${census} WHERE side = 'query' ` +
    `GROUP BY ${keys.join(', ')}) AS cell ON ${same('cell')}\n` +
    `JOIN ${census} AS query_side ON ${same('query_side')} AND query_side.side = 'query' ` +
    `AND query_side.bucket = pairs.qb\n` +
    `JOIN ${census} AS item_side ON ${same('item_side')} AND item_side.side = 'item' ` +
    `AND item_side.bucket = pairs.ib`;
  const fields = columns.flatMap((own, c) =>
    columns.slice(0, c + 1).map((other, e) => {
      const corner = triangleOf(c) + e;
      const product = `${own} * ${other}`;
      return `SUM(${product}) AS m${corner}, SUM(${product} * by_query) AS q${corner}, SUM(${product} * by_item) AS i${corner}`;
    }),
  );
  return (
    `SELECT ${cuts.d.text(name)} AS ${column}, ${keys.join(', ')},\n  ${fields.join(',\n  ')}\n` +
    `FROM (\n${joined}\n) AS shared GROUP BY ${keys.join(', ')}`
  );
}
