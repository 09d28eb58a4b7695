/** The first statements of a state's SQL: the rows of the scored table as numbers, with predictions and losses. */

import { MISSING, ROUNDED } from '../data/tables/identity.js';
import { BUCKETS } from '../estimation/state/slots.js';
import { FACTOR, FINALISER } from '../lib/hash.js';
import { CLIP } from '../lib/log-loss.js';
import { type CutsSql, massesOf } from './cuts-sql.js';
import type { Dialect } from './dialects.js';
import { GIVEN, KEYED, literal, NAMES, PLACES, REPEATED, ROWS, SPLIT } from './names.js';
import type { EnginePlan, PairColumn } from './plan.js';

const LOW = 4294967295;
/** Beyond it a number is not finite: a literal that every engine takes. */
const FINITE = '1e300';

/** The rows as the policy names their columns, ids and slices as texts; scores by their scale and bias. */
export function givenRows({ policy, pairs }: EnginePlan, d: Dialect, table: string): readonly string[] {
  const { columns, grades, slices } = policy.evalSet;
  const text = (column: string) => d.identity(d.name(column));
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

/** A number and the hash of every distinct id: FNV-1a over its UTF-8 bytes, then fmix32 (src/lib/hash.ts). */
export function hashedNames(d: Dialect): readonly string[] {
  const ids = ['q', 'g', 'i'].map((id) => `SELECT ${id} AS name FROM ${GIVEN} WHERE ${id} IS NOT NULL AND ${id} <> ''`);
  const all = `SELECT name, ${d.fnv('name')} AS h FROM (\n${ids.join('\nUNION DISTINCT\n')}\n) AS ids`;
  return d.create(
    NAMES,
    `SELECT name, h, ${d.numbered('name')} AS id FROM (\n${finalised(d, all, 'name')}\n) AS hashed`,
  );
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

/** Columns of rows that no text is in: ids by their numbers, cells by theirs, and scores. */
function columnsOf(cuts: CutsSql): string[] {
  const { plan } = cuts;
  const numbers = ['q', 'i', 'g', 'y', 'w', 'qb', 'ib', 'h', 'bad'];
  const masses = massesOf(plan).map((_, j) => `m${j}`);
  return [...numbers, ...cuts.cells(), ...masses, ...plan.pairs.map((_, p) => `z${p}`)];
}

/**
 * Every row with its buckets, its key and its cells; whether its (cluster, item) pair has other rows (again); whether
 * the rows of its query differ in weight (uw), and by cut whether they are in several cells (u…); and the prediction
 * and loss of every pair of versions.
 */
export function scoredRows(cuts: CutsSql): readonly string[] {
  const { d } = cuts;
  const flags = ['uw', ...cuts.cells().map((_, n) => `u${n + 1}`)];
  const several = (column: string) => `CASE WHEN MIN(${column}) = MAX(${column}) THEN 0 ELSE 1 END`;
  const ofQuery = ['w', ...cuts.cells()].map((column, n) => `${several(column)} AS ${flags[n]}`);
  return [
    ...d.create(KEYED, keyedRows(cuts)),
    d.drop(GIVEN),
    d.drop(NAMES),
    ...d.create(REPEATED, `SELECT g, i FROM ${KEYED} GROUP BY g, i HAVING COUNT(*) > 1`),
    ...d.create(SPLIT, `SELECT q, ${ofQuery.join(', ')} FROM ${KEYED} GROUP BY q`),
    ...d.create(ROWS, predictedRows(cuts, flags)),
    ...[KEYED, REPEATED, SPLIT].map(d.drop),
  ];
}

function keyedRows(cuts: CutsSql): string {
  const { d, plan } = cuts;
  const { slices } = plan.policy.evalSet;
  const placed = [...cuts.cells(), ...massesOf(plan).map((_, j) => `m${j}`)];
  const fields = [
    ...['query', 'item', 'cluster'].map((side) => `${side}_name.id AS ${side === 'cluster' ? 'g' : side[0]}`),
    ...['y', 'w', ...plan.pairs.map((_, p) => `z${p}`)].map((column) => `given.${column}`),
    ...placed.map((column) => `places.${column}`),
    `CASE WHEN ${wrong(plan, d)} THEN 1 ELSE 0 END AS bad`,
    `CAST(MOD(cluster_name.h, ${BUCKETS}) AS ${d.smallType}) AS qb`,
    `CAST(MOD(item_name.h, ${BUCKETS}) AS ${d.smallType}) AS ib`,
    `${d.xor(product('query_name.h', FACTOR, d), 'item_name.h')} AS h`,
  ];
  const sameSlices = slices.map((_, n) => `places.s${n} = given.s${n}`).join(' AND ');
  const joined =
    `SELECT ${fields.join(',\n  ')}\nFROM ${GIVEN} AS given\n` +
    `LEFT JOIN ${NAMES} AS query_name ON query_name.name = given.q\n` +
    `LEFT JOIN ${NAMES} AS cluster_name ON cluster_name.name = given.g\n` +
    `LEFT JOIN ${NAMES} AS item_name ON item_name.name = given.i` +
    (placed.length > 0 ? `\nLEFT JOIN ${PLACES} AS places ON ${sameSlices}` : '');
  return finalised(
    d,
    joined,
    columnsOf(cuts)
      .filter((column) => column !== 'h')
      .join(', '),
  );
}

/** Predictions and losses, and the flags of pairs and queries. */
function predictedRows(cuts: CutsSql, flags: readonly string[]): string {
  const { pairs } = cuts.plan;
  const own = [...columnsOf(cuts), 'again', ...flags];
  const softmax = pairs.flatMap(({ link }, p) => (link === 'softmax' ? [p] : []));
  const given = columnsOf(cuts).map((column) => `keyed.${column}`);
  const told = [
    'CASE WHEN repeated.i IS NULL THEN 0 ELSE 1 END AS again',
    ...flags.map((flag) => `of_query.${flag}`),
    ...softmax.map((p) => `MAX(keyed.z${p}) OVER (PARTITION BY keyed.q) AS top${p}`),
  ];
  const flagged =
    `SELECT ${[...given, ...told].join(',\n  ')}\nFROM ${KEYED} AS keyed\n` +
    `LEFT JOIN ${REPEATED} AS repeated ON repeated.g = keyed.g AND repeated.i = keyed.i\n` +
    `LEFT JOIN ${SPLIT} AS of_query ON of_query.q = keyed.q`;
  const normalised =
    softmax.length === 0
      ? flagged
      : `SELECT ${own.join(', ')},\n  ${softmax.map(normaliser).join(',\n  ')}\nFROM (\n${flagged}\n) AS flagged`;
  const predictions = pairs.map((pair, p) => `${predictionOf(pair, p)} AS p${p}`);
  const kept = [...own, ...softmax.map((p) => `lz${p}`)];
  const predicted = `SELECT ${kept.join(', ')},\n  ${predictions.join(',\n  ')}\nFROM (\n${normalised}\n) AS rows_in`;
  const losses = pairs.map((pair, p) => `p${p}, ${lossOf(pair, p)} AS l${p}`);
  return `SELECT ${own.join(', ')},\n  ${losses.join(',\n  ')}\nFROM (\n${predicted}\n) AS rows_out`;
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

/**
 * A condition that holds for rows that no run would judge: a missing id or slice, or a text that says that it is
 * missing or rounded (data/tables/identity.ts); a label outside 0 … 1; no score.
 */
function wrong({ policy, pairs }: EnginePlan, d: Dialect): string {
  const missing = ['', ...MISSING].map(d.text).join(', ');
  const flawed = (column: string) => [
    `${column} IS NULL`,
    `${column} IN (${missing})`,
    `(${column} LIKE '%+%' AND ${d.matches(column, ROUNDED.source)})`,
  ];
  const slices = policy.evalSet.slices.map((_, n) => `given.s${n}`);
  const scores = pairs.map((_, p) => `given.z${p}`).map((z) => `${z} IS NULL OR NOT (ABS(${z}) < ${FINITE})`);
  return [
    ...['given.q', 'given.i', 'given.g', ...slices].flatMap(flawed),
    ...slices.map((slice) => `TRIM(${slice}) = ''`),
    `given.y IS NULL OR NOT (given.y >= 0 AND given.y <= 1)`,
    `given.w IS NULL OR NOT (given.w >= 0 AND given.w < ${FINITE})`,
    ...scores,
  ].join(' OR ');
}

/** Says that a row changes the log loss of a pair by being cut off. */
export function clippedRow({ link }: PairColumn, p: number): string {
  if (link === 'sigmoid') return '0';
  const low = link === 'identity' ? `(p${p} < ${CLIP} AND y > 0) OR ` : '';
  return `CASE WHEN ${low}(p${p} > ${1 - CLIP} AND y < 1) THEN 1 ELSE 0 END`;
}
