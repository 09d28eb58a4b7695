/**
 * The places of relevant rows among the rows of their query, for every pair of versions, and the worth of a place to
 * the metrics that add up over relevant items. No cut of the rows changes either.
 */
import { type CutsSql, massesOf } from './cuts-sql.js';
import { literal, ROWS } from './names.js';
import type { Ranking } from './plan.js';

/** Relevant rows: a…: candidates that score higher; t…: those with the same score; x…: the worth of a place. */
export const PLACED = 'skewgate_placed';

/** Names the columns of a model that gives every candidate one score, beside those of the pairs of versions. */
export const CONSTANT = 'c';

/** Metrics whose value is a sum over relevant items of gain times the worth of a place. */
export function addsUp({ name }: Ranking): boolean {
  return name === 'recall' || name === 'ndcg';
}

/** The pairs of versions by number, and the constant model. */
export function modelsOf({ plan }: CutsSql): string[] {
  return [...plan.pairs.map((_, p) => String(p)), CONSTANT];
}

/** The columns of a relevant row beside its places: its ids, its cells and the masses of its histogram. */
export function relevantColumns(cuts: CutsSql): string[] {
  const flags = cuts.cells().map((_, n) => `u${n + 1}`);
  const masses = massesOf(cuts.plan).map((_, j) => `m${j}`);
  return ['q', 'g', 'i', 'qb', 'ib', 'y', 'w', 'again', ...cuts.cells(), ...flags, ...masses];
}

/** The statement, where some metric is of positions. */
export function placedRows(cuts: CutsSql): readonly string[] {
  const { plan, d } = cuts;
  const positions = plan.rankings.filter(({ name }) => name !== 'gauc');
  if (positions.length === 0) return [];
  const own = relevantColumns(cuts);
  const ranked = plan.pairs.flatMap((_, p) => [
    `RANK() OVER (PARTITION BY q ORDER BY z${p} DESC) - 1 AS a${p}`,
    `COUNT(*) OVER (PARTITION BY q ORDER BY z${p} DESC RANGE BETWEEN CURRENT ROW AND CURRENT ROW) AS t${p}`,
  ]);
  const inner =
    `SELECT ${own.join(', ')}, 0 AS a${CONSTANT}, COUNT(*) OVER (PARTITION BY q) AS t${CONSTANT},\n  ` +
    `${ranked.join(',\n  ')}\nFROM ${ROWS}`;
  const worth = plan.rankings.flatMap((ranking, m) =>
    addsUp(ranking) ? modelsOf(cuts).map((p) => `${worthOf(cuts, ranking, `a${p}`, `t${p}`)} AS x${m}_${p}`) : [],
  );
  return d.create(PLACED, `SELECT ${['*', ...worth].join(',\n  ')}\nFROM (\n${inner}\n) AS ranked WHERE y > 0`);
}

/** The mean over the places of a tie: 1 of recall, 1 / log2(1 + rank) of nDCG, 0 beyond the cut-off. */
function worthOf({ d }: CutsSql, { name, k }: Ranking, above: string, tied: string): string {
  const last = `LEAST(${k}, ${above} + ${tied})`;
  if (name === 'recall') return `CASE WHEN ${above} < ${k} THEN (${last} - ${above}) / ${tied} ELSE 0 END`;
  const [to, from] = [last, above].map((rank) => d.element(discounts(k), rank));
  return `CASE WHEN ${above} < ${k} THEN (${to} - ${from}) / ${tied} ELSE 0 END`;
}

/** Σ over ranks 1 … n of 1 / log2(1 + rank), for n = 0 … k. */
export function discounts(k: number): string[] {
  const sums = [0];
  for (let rank = 1; rank <= k; rank++) sums.push(sums[rank - 1]! + 1 / Math.log2(1 + rank));
  return sums.map(literal);
}
