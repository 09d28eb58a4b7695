/** Past arms show how offline gains, and recall, turn into online gains. */

import type { EvidenceTable, TableSpec } from '../data/evidence/evidence-table.js';
import { sql } from '../data/evidence/sql.js';
import { DataError } from '../errors.js';
import { attenuatedCorrelation } from '../estimation/statistics/attenuation.js';
import { type DemingLine, deming, errorAt } from '../estimation/statistics/deming.js';
import { type Estimate, interval } from '../estimation/statistics/noninferiority.js';

export const ARMS: TableSpec = {
  name: 'arms',
  page: 'checks/metric-mismatch.md',
  holds: 'one row per past arm, its deltas turned so that more is better',
  required: ['arm', 'offline_delta', 'offline_se', 'online_delta', 'online_se'],
  optional: ['recall_delta', 'recall_se'],
  sql: sql`-- offline_delta: gained over production's model, by the metric of the gap (log loss); online_delta: of the online metric; recall_delta: of retrieval recall
SELECT arm, offline_delta, offline_se, online_delta, online_se, recall_delta, recall_se
FROM experiments WHERE model = 'l1-cvr' AND arm <> 'l1-cvr-candidate'`,
  cost: 'query',
};

/** The result of the online experiment of this release, in the unit of the past arms. */
export const OUTCOME: TableSpec = {
  name: 'outcome',
  page: 'checks/recall-saturation.md',
  holds: 'one row: what this release’s arm did to the online metric of the table arms, more being better',
  required: ['online_delta', 'online_se'],
  optional: ['offline_delta', 'offline_se'],
  sql: sql`-- offline_delta, offline_se: gained offline, by the metric of the gap (log loss), where there is no ledger of it
SELECT online_delta, online_se, offline_delta, offline_se FROM experiments WHERE arm = 'l1-cvr-candidate'`,
  cost: 'experiment',
};

/** The A/B of a release as its table says it; `offline` where the table says the gain offline too. */
export interface Outcome {
  readonly observed: Estimate;
  readonly offline: Estimate | undefined;
}

/** Experiments have many units: their errors are as good as normal. */
const MANY = 1000;

/** Throws DataError on anything but one row of finite deltas with errors above 0. */
export function readOutcome(table: EvidenceTable): Outcome {
  const estimateOf = (of: 'online' | 'offline') => ({
    value: table.finite(`${of}_delta`)[0] ?? Number.NaN,
    standardError: table.positive(`${of}_se`)[0] ?? Number.NaN,
    df: MANY,
  });
  if (table.has('offline_delta') !== table.has('offline_se'))
    throw table.error('one of offline_delta and offline_se', 'both, or none');
  const outcome = {
    observed: estimateOf('online'),
    offline: table.has('offline_delta') ? estimateOf('offline') : undefined,
  };
  table.throwIfBad();
  if (table.rows !== 1) throw table.error(`${table.rows} rows of outcome`, 'one row: this release’s arm');
  return outcome;
}

/** With fewer arms nothing can be told (Pinterest had "several"). */
export const FEWEST_ARMS = 6;
/** Share of the spread between arms that must not be error. Judgement of this project. */
export const RELIABLE = 0.5;

/** The online delta that past arms let one expect at an x, which is a gain offline or a change of recall. */
export interface ArmsLine {
  /** b: what the online delta of an arm rises by for one of x. */
  readonly slope: Estimate;
  /** The largest |x| that was seen. */
  readonly reach: number;
  /** From this |x| on it says nothing. */
  readonly beyond: number;
  /** The online delta of one more arm that has this x: a level, a + b·x. */
  at(x: Estimate): Estimate;
  /** The online distance of two levels of one arm that are this far apart in x: b·x, without a and scatter. */
  between(x: Estimate): Estimate;
}

/**
 * A delta this many times larger than any past arm's is beyond what their line was seen on. Judgement of this
 * project.
 */
export const BEYOND = 2;

interface Deltas {
  readonly value: readonly number[];
  readonly error: readonly number[];
}

export interface PastArms {
  readonly arms: number;
  readonly offline: Deltas;
  readonly online: Deltas;
  readonly recall: Deltas | undefined;
}

export function readArms(table: EvidenceTable): PastArms {
  const arm = table.texts('arm');
  const deltas = (of: string): Deltas => ({
    value: [...table.finite(`${of}_delta`)],
    error: [...table.positive(`${of}_se`)],
  });
  if (table.has('recall_delta') !== table.has('recall_se'))
    throw table.error('one of recall_delta and recall_se', 'both, or none');
  const arms = {
    arms: table.rows,
    offline: deltas('offline'),
    online: deltas('online'),
    recall: table.has('recall_delta') ? deltas('recall') : undefined,
  };
  table.refuseRepeated([arm], ['arm']);
  table.throwIfBad();
  return arms;
}

/**
 * Errors-in-variables line of online deltas on others; a text says why past arms give none that clearly rises.
 *
 *     at x:     a + b·x,   variance var(a + b·x) + b² var x + τ²
 *     between:  b·x,       variance b² var x + x² var b
 *
 * var(a + b·x) has the covariance of a and b (York et al. 2004), and τ² is the scatter of one more arm about the line
 * (as of one more study in Higgins, Thompson & Spiegelhalter 2009, J. R. Stat. Soc. A 172:137). Student's t with
 * arms - 2 degrees of freedom. a is there because arms may win or lose online by what they have in common besides x:
 * without it the line is held to a point that no arm was at.
 */
export function lineOn(x: Deltas, { online, arms }: PastArms, confidence: number): ArmsLine | string {
  if (arms < FEWEST_ARMS) return `${arms} past arms, of at least ${FEWEST_ARMS}`;
  if (isConstant(x.value) || isConstant(online.value)) return 'past arms that do not differ';
  const { reliabilityX, reliabilityY } = attenuatedCorrelation(
    x.value,
    x.error,
    online.value,
    online.error,
    confidence,
  );
  if (Math.min(reliabilityX, reliabilityY) < RELIABLE) return 'past arms whose spread is mostly error';
  const line = lineThrough(x, online);
  if (!line) return 'past arms through which no line settles';
  const slope = { value: line.slope, standardError: line.slopeError, df: arms - 2 };
  if (!(interval(slope, confidence).lower > 0)) return 'past arms in which more is not clearly better online';
  const reach = x.value.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return {
    slope,
    reach,
    beyond: BEYOND * reach,
    at: ({ value, standardError, df }: Estimate) => ({
      value: line.intercept + line.slope * value,
      standardError: Math.hypot(errorAt(line, value), line.slope * standardError, line.scatter),
      df: Math.min(slope.df, df),
    }),
    between: ({ value, standardError, df }: Estimate) => ({
      value: line.slope * value,
      standardError: Math.hypot(line.slope * standardError, value * line.slopeError),
      df: Math.min(slope.df, df),
    }),
  };
}

/** A line whose errors have the scatter of the points in them. */
export interface ScatteredLine extends DemingLine {
  /** τ: standard deviation of y about the line beyond the points' errors, in the unit of y. */
  readonly scatter: number;
}

/**
 * The line of York et al. (2004). Where arms scatter about it by more than their errors, what moves y besides has a
 * variance of its own, added to its errors so that χ²/df is 1 (method of moments, as DerSimonian & Laird's): weights
 * by the errors alone would tilt the slope. Undefined where no line settles.
 */
export function lineThrough(x: Deltas, y: Deltas): ScatteredLine | undefined {
  const lineWith = (scatter: number) => {
    const errors = y.error.map((se) => Math.hypot(se, scatter));
    return deming(x.value, x.error, y.value, errors);
  };
  try {
    const plain = lineWith(0);
    if (plain.mswd <= 1) return { ...plain, scatter: 0 };
    let [low, high] = [0, Math.max(...y.value) - Math.min(...y.value)];
    for (let i = 0; i < 50; i++) {
      const middle = (low + high) / 2;
      if (lineWith(middle).mswd > 1) low = middle;
      else high = middle;
    }
    return { ...lineWith(high), scatter: high };
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

export function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
