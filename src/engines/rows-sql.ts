/** The first statements of a state's SQL: the rows of the scored table, with buckets, predictions and losses. */

import { BUCKETS } from '../estimation/state/slots.js';
import { FACTOR, FINALISER } from '../lib/hash.js';
import { CLIP } from '../lib/log-loss.js';
import type { Dialect } from './dialects.js';
import type { EnginePlan, PairColumn } from './plan.js';

/** Tables that statements make and read, none of which stays. */
export const ROWS = 'skewgate_rows';
export const GIVEN = 'skewgate_given';
const NAMES = 'skewgate_names';

const LOW = 4294967295;
/** Beyond it a number is not finite: a literal that every engine takes. */
const FINITE = '1e300';

/** The rows as the policy names their columns; scores by their scale and bias. */
export function givenRows({ policy, pairs }: EnginePlan, d: Dialect, table: string): readonly string[] {
  const { columns, grades, slices } = policy.evalSet;
  const text = (column: string) => `CAST(${d.name(column)} AS ${d.textType})`;
  const number = (column: string) => `CAST(${d.name(column)} AS ${d.numberType})`;
  const fields = [
    `${text(columns.query)} AS q`,
    `${text(columns.item)} AS i`,
    `${text(columns.cluster ?? columns.query)} AS g`,
    `${number(columns.label)}${grades === 1 ? '' : ` / ${literal(grades)}`} AS y`,
    `${columns.weight === undefined ? `CAST(1 AS ${d.numberType})` : number(columns.weight)} AS w`,
    ...slices.map((name, n) => `${text(name)} AS s${n}`),
    ...pairs.flatMap(({ column, scale, bias }, p) => [
      `${literal(scale)} * ${number(column)} + ${literal(bias)} AS z${p}`,
      // 1 where the column is not the label, and where it is not one less the label.
      `CASE WHEN ${number(column)} = ${number(columns.label)} THEN 0 ELSE 1 END AS n${p}`,
      `CASE WHEN ${number(column)} = ${literal(grades)} - ${number(columns.label)} THEN 0 ELSE 1 END AS o${p}`,
    ]),
  ];
  return d.create(GIVEN, `SELECT\n  ${fields.join(',\n  ')}\nFROM ${table}`);
}

/** A number as every dialect reads it, all of its digits kept. */
export function literal(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} is no number of SQL`);
  return value < 0 ? `(${value.toExponential()})` : value.toExponential();
}

/** The hash of every distinct id: FNV-1a over its UTF-8 bytes, then fmix32 (src/lib/hash.ts). */
export function hashedNames(d: Dialect): readonly string[] {
  const ids = ['q', 'g', 'i'].map((id) => `SELECT ${id} AS name FROM ${GIVEN} WHERE ${id} IS NOT NULL AND ${id} <> ''`);
  const all = `SELECT name, ${d.fnv('name')} AS h FROM (\n${ids.join('\nUNION DISTINCT\n')}\n) AS ids`;
  return d.create(NAMES, finalised(d, all, 'name'));
}

/** fmix32 of column `h` of a query, one step after the other, as each is used twice by the next. */
function finalised(d: Dialect, query: string, others: string): string {
  if (d.finalise) return `SELECT ${others}, ${d.finalise('h')} AS h FROM (\n${query}\n) AS hashed`;
  const { shifts, factors } = FINALISER;
  const step = (inside: string, expression: string) =>
    `SELECT ${others}, ${expression} AS h FROM (\n${inside}\n) AS step`;
  const mixed = (inside: string, bits: number) => step(inside, d.xor('h', d.shift('h', bits)));
  let found = query;
  for (const [n, factor] of factors.entries()) {
    found = mixed(found, shifts[n]!);
    found = step(found, product('h', factor, d));
  }
  return mixed(found, shifts[2]!);
}

/** value · factor mod 2^32, by halves: the whole product does not fit into 64 bits with a sign. */
function product(value: string, factor: number, d: Dialect): string {
  const high = `((${d.shift(value, 16)} * ${factor}) & 65535) * 65536`;
  return `((${value} & 65535) * ${factor} + ${high}) & ${LOW}`;
}

/** Every row with its buckets, its key, and the prediction and loss of every pair of versions. */
export function scoredRows(plan: EnginePlan, d: Dialect): readonly string[] {
  const { policy, pairs } = plan;
  const own = [
    'q',
    'i',
    'g',
    'y',
    'w',
    ...policy.evalSet.slices.map((_, n) => `s${n}`),
    ...pairs.map((_, p) => `z${p}`),
  ];
  const key = d.xor(product('query_name.h', FACTOR, d), 'item_name.h');
  const joined =
    `SELECT ${own.map((column) => `given.${column}`).join(', ')},\n` +
    `  MOD(cluster_name.h, ${BUCKETS}) AS qb, MOD(item_name.h, ${BUCKETS}) AS ib, ${key} AS h` +
    `${softmaxColumns(pairs)}\n` +
    `FROM ${GIVEN} AS given\n` +
    `LEFT JOIN ${NAMES} AS query_name ON query_name.name = given.q\n` +
    `LEFT JOIN ${NAMES} AS cluster_name ON cluster_name.name = given.g\n` +
    `LEFT JOIN ${NAMES} AS item_name ON item_name.name = given.i`;
  const softmax = pairs.flatMap(({ link }, p) => (link === 'softmax' ? [`top${p}`] : []));
  const kept = [...own, 'qb', 'ib', ...softmax];
  const keyed = finalised(d, joined, kept.join(', '));
  const normalised =
    softmax.length === 0
      ? keyed
      : `SELECT ${[...own, 'qb', 'ib', 'h'].join(', ')},\n  ${pairs
          .map(({ link }, p) => (link === 'softmax' ? normaliser(p) : `0 AS lz${p}`))
          .join(',\n  ')}\nFROM (\n${keyed}\n) AS keyed`;
  const predictions = pairs.map((pair, p) => `${predictionOf(pair, p)} AS p${p}`);
  const losses = pairs.map((_, p) => `${lossOf(pairs[p]!, p)} AS l${p}`);
  const bad = `CASE WHEN ${wrong(plan)} THEN 1 ELSE 0 END AS bad`;
  const predicted =
    `SELECT ${[...own, 'qb', 'ib', 'h'].join(', ')}, ${bad},\n  ${predictions.join(',\n  ')}` +
    `${softmax.length > 0 ? `,\n  ${pairs.map((_, p) => `lz${p}`).join(', ')}` : ''}\nFROM (\n${normalised}\n) AS rows_in`;
  return d.create(
    ROWS,
    `SELECT ${[...own, 'qb', 'ib', 'h', 'bad', ...pairs.map((_, p) => `p${p}`)].join(', ')},\n  ` +
      `${losses.join(',\n  ')}\nFROM (\n${predicted}\n) AS rows_out`,
  );
}

function softmaxColumns(pairs: readonly PairColumn[]): string {
  return pairs
    .flatMap(({ link }, p) =>
      link === 'softmax' ? [`,\n  MAX(given.z${p}) OVER (PARTITION BY given.q) AS top${p}`] : [],
    )
    .join('');
}

/** ln p of a softmax over the rows of the query. */
function normaliser(p: number): string {
  return `z${p} - top${p} - LN(SUM(EXP(z${p} - top${p})) OVER (PARTITION BY q)) AS lz${p}`;
}

/** The prediction, as src/models/scores/link.ts has it. */
function predictionOf({ link }: PairColumn, p: number): string {
  const z = `z${p}`;
  switch (link) {
    case 'sigmoid':
      return `CASE WHEN ${z} >= 0 THEN 1 / (1 + EXP(-${z})) ELSE EXP(${z}) / (1 + EXP(${z})) END`;
    case 'identity':
      return z;
    case 'softmax':
      return `EXP(lz${p})`;
  }
}

/** Its log loss. */
function lossOf({ link }: PairColumn, p: number): string {
  const z = `z${p}`;
  switch (link) {
    case 'sigmoid':
      return `GREATEST(${z}, 0) - ${z} * y + LN(1 + EXP(-ABS(${z})))`;
    case 'identity': {
      const cut = `LEAST(GREATEST(p${p}, ${CLIP}), ${1 - CLIP})`;
      return `-y * LN(${cut}) - (1 - y) * LN(1 - ${cut})`;
    }
    case 'softmax':
      return `-y * lz${p} - CASE WHEN y < 1 THEN (1 - y) * LN(GREATEST(1 - p${p}, ${CLIP})) ELSE 0 END`;
  }
}

/** A condition that holds for rows that no run would judge: a missing id or slice, a label outside 0 … 1, no score. */
function wrong({ policy, pairs }: EnginePlan): string {
  const empty = ['q', 'i', 'g', ...policy.evalSet.slices.map((_, n) => `s${n}`)].map(
    (column) => `${column} IS NULL OR TRIM(${column}) = ''`,
  );
  const scores = pairs.map((_, p) => `z${p} IS NULL OR NOT (ABS(z${p}) < ${FINITE})`);
  return [
    ...empty,
    `y IS NULL OR NOT (y >= 0 AND y <= 1)`,
    `w IS NULL OR NOT (w >= 0 AND w < ${FINITE})`,
    ...scores,
  ].join(' OR ');
}

/** Says that a row changes the log loss of a pair by being cut off. */
export function clippedRow({ link }: PairColumn, p: number): string {
  if (link === 'sigmoid') return '0';
  const low = link === 'identity' ? `(p${p} < ${CLIP} AND y > 0) OR ` : '';
  return `CASE WHEN ${low}(p${p} > ${1 - CLIP} AND y < 1) THEN 1 ELSE 0 END`;
}
