/** Recall of what a stage chose, and of what would have been most useful, by arm and on any rows of its log. */

import { rowsBy } from '../../data/tables/coded.js';
import type { Coded } from '../../data/tables/identity.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { type Change, pairedShares, requestShare } from '../measurement.js';
import type { Ranked, StageLog } from './stage-log.js';

/** Positions of a ranking that are looked at. */
export const K = 10;

export interface Recall {
  readonly control: Estimate;
  readonly treatment: Estimate;
  /** Treatment against control, requests of both paired. */
  readonly change: Change;
  /** Requests of the arm that has fewer of them. */
  readonly requests: number;
  /** Rows that count, of both arms. */
  readonly counted: number;
}

/** Share of what the stage chose that the arm's model gave. */
export function retrievalRecall(log: StageLog, rows: readonly number[]): Recall {
  return recall(
    log,
    rows,
    (r) => log.selected[r] === 1,
    (r) => log.inOutput[r] === 1,
  );
}

/** Of each request's K most useful items, shape (rows) of flags: 1 where an item is one of them. */
export function mostUseful(log: StageLog, { utility }: Ranked): Uint8Array {
  const arm: Coded = { codes: Int32Array.from(log.arm), names: ['control', 'treatment'] };
  const top = new Uint8Array(log.rows);
  for (const { rows } of rowsBy([arm, log.request]))
    for (const r of rows.toSorted((a, b) => utility[b]! - utility[a]! || a - b).slice(0, K)) top[r] = 1;
  return top;
}

/** Share of the most useful items that are among the first K of the arm's output. */
export function rankingRecall(log: StageLog, rows: readonly number[], top: Uint8Array, { rank }: Ranked): Recall {
  return recall(
    log,
    rows,
    (r) => top[r] === 1,
    (r) => log.inOutput[r] === 1 && rank[r]! <= K,
  );
}

/** Share of the rows that count which are found, by arm, clustered by request. */
function recall(
  log: StageLog,
  rows: readonly number[],
  counts: (r: number) => boolean,
  found: (r: number) => boolean,
): Recall {
  const arms = [new Map<number, { n: number; hit: number }>(), new Map<number, { n: number; hit: number }>()] as const;
  let counted = 0;
  for (const r of rows) {
    if (!counts(r)) continue;
    counted++;
    const all = arms[log.arm[r] === 0 ? 0 : 1];
    const sums = all.get(log.request.codes[r]!) ?? { n: 0, hit: 0 };
    sums.n++;
    if (found(r)) sums.hit++;
    all.set(log.request.codes[r]!, sums);
  }
  const [control, treatment] = arms;
  return {
    control: requestShare([...control.values()]),
    treatment: requestShare([...treatment.values()]),
    change: pairedShares(treatment, control),
    requests: Math.min(control.size, treatment.size),
    counted,
  };
}
