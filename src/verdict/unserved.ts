/** A gain offline that is not on the rows that were served: docs/diagnosis.md, "What is lost before". */

import { plural } from '../lib/text.js';
import type { Bounded } from './diagnosis/diagnosis.js';
import type { Joins } from './diagnosis/joins.js';
import { formatDelta } from './format.js';

/** Of a gain at most this share may be on rows that were not served: as of the gap. Judgement of this project. */
const NO_LOSS = 0.2;

export interface Unserved {
  /** The gain on all rows, those that were scored or those of which it was reported, and on those that were served. */
  readonly from: 'scored' | 'reported';
  readonly all: number;
  readonly served: number;
  /** Rows of the ledger that were scored, and served; undefined where it holds served rows alone. */
  readonly rows?: { readonly scored: number; readonly served: number };
}

/** Undefined unless clearly more than a fifth of the gain is on rows that were not served. */
export function unservedOf(joins: Joins | undefined): Unserved | undefined {
  if (!joins) return undefined;
  const { scored, reported, served, rows } = joins;
  const counted = rows && {
    rows: { scored: totalOf(rows.map((one) => one.scored)), served: totalOf(rows.map((one) => one.served)) },
  };
  const lost = (from: Unserved['from'], all: Bounded | undefined) =>
    all && joins.steps.some((step) => step.from === from && step.lower > NO_LOSS * Math.max(all.upper, 0))
      ? [{ from, all: all.value, served: served.value, ...counted }]
      : [];
  const asReported = reported === undefined ? undefined : { value: reported, lower: reported, upper: reported };
  return [...lost('scored', scored), ...lost('reported', asReported)][0];
}

function totalOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

const ALL_ROWS = { scored: 'on all that were scored', reported: 'that was reported' } as const;

/** `of +0.0038 on the rows that were served, of +0.0219 on all that were scored`. */
export function gainsInWords({ from, all, served }: Unserved): string {
  return `of ${formatDelta(served, 'absolute')} on the rows that were served, of ${formatDelta(all, 'absolute')} ${ALL_ROWS[from]}`;
}

/** The ground that speaks against the gain. */
export function unservedInWords({ from }: Unserved): string {
  return from === 'scored'
    ? 'a clear part of the gain is on rows that were scored offline and never served'
    : 'a clear part of the gain that was reported is not on the rows of the ledger';
}

/** The advice, with both gains and the rows that were served. */
export function unservedCure(unserved: Unserved): string {
  const { from, rows } = unserved;
  const count = rows ? ` (${rows.served.toLocaleString('en-US')} of ${plural(rows.scored, 'row')} were served)` : '';
  const cure =
    from === 'scored'
      ? 'find out why these rows are scored offline and never served, and evaluate on rows that are served'
      : 'find out on which rows it was reported, and evaluate on rows that are served';
  return `the gain is one ${gainsInWords(unserved)}${count}: ${cure}`;
}
