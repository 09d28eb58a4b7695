/**
 * A model of what the next release of the same family would show: docs/choosing-margins.md. Every claim has an
 * allowance, a usual change with an error, the way in which past versions differed from it, and the noise of the rows.
 */

import { isRelative } from '../checks/version-skew/families.js';
import type { CellClaim, Measured } from '../checks/version-skew/judge.js';
import { judgesLevel } from '../checks/version-skew/merit.js';
import { metricOf } from '../checks/version-skew/plan.js';
import type { FamilyStates } from '../checks/version-skew/states.js';
import { BUCKETS } from '../estimation/state/slots.js';
import { type Bounds, type Estimate, interval } from '../estimation/statistics/noninferiority.js';
import { studentQuantile } from '../estimation/statistics/student-t.js';
import type { Tabulation, Term } from '../estimation/tabulation/tabulate.js';
import { halves, normal } from './draws.js';
import { type History, windowsOf } from './replay.js';

/** Splits into halves. Each gives two draws of the rows' noise: what either half has in excess of the whole. */
export const SPLITS = 512;
export const DRAWS = 2 * SPLITS;

/** One claim, as numbers. */
export interface Modelled {
  readonly history: History;
  readonly rule: number;
  readonly required: boolean;
  /** It is violated by a rise (1), by a fall (-1), or by either (0). */
  readonly side: 1 | -1 | 0;
  /** The claim holds where side · estimate + reach · error is no more than this; of either side the size counts. */
  readonly allowed: number;
  /** The mean over the versions. */
  readonly mean: number;
  readonly live: number;
  readonly standardError: number;
  readonly df: number;
  /** Standard errors from the estimate to the bound that must hold, and to the one that convicts after Holm. */
  readonly reach: number;
  readonly convicts: number;
  /** Shape (versions): what each version's change is away from the mean; empty without past versions. */
  readonly deviations: Float64Array;
  /** Variance of these, and the part of it that the rows' noise alone would make. */
  readonly between: number;
  readonly ofRows: number;
  /** Shape (DRAWS): the rows' noise, in standard errors. */
  readonly noise: Float64Array;
}

/** The claims that a draw can be made of: those that are open whatever is measured are left out. */
export function modelOf(measured: Measured, histories: readonly History[], window: number): Modelled[] {
  const judged = histories.filter(({ claim }) => claim.open === undefined);
  const { tabulation, policy } = measured;
  const { confidence } = policy.versionSkew;
  const windows = windowsOf(measured.families.candidate, window);
  const signs = Array.from({ length: SPLITS }, (_, split) => ({
    query: halves(1, split, BUCKETS),
    item: halves(2, split, BUCKETS),
  }));
  return judged.map((history): Modelled => {
    const { claim, past, required } = history;
    const { estimate, bounds, rule, cell } = claim;
    const all = past ?? [claim];
    const mean = all.reduce((sum, { estimate: { value } }) => sum + value, 0) / all.length;
    const deviations = Float64Array.from(past ? all : [], ({ estimate: { value } }) => value - mean);
    const terms = windows.slice(0, all.length).map((states) => termsOf(claim, states, measured));
    return {
      history,
      rule: rule.index,
      required,
      ...sideOf(bounds),
      mean,
      live: estimate.value,
      standardError: estimate.standardError,
      df: estimate.df,
      reach: reachOf(estimate, confidence),
      convicts: studentQuantile(1 - (1 - confidence) / Math.max(1, judged.length), estimate.df),
      deviations,
      between: deviations.length > 1 ? squares(deviations) / (deviations.length - 1) : 0,
      ofRows: deviations.length > 1 ? noiseBetween(tabulation, rule.metric, cell, terms) : 0,
      noise: noiseOf(measured.tabulation.influences(rule.metric, cell, terms[0] ?? []), signs),
    };
  });
}

function sideOf({ lower, upper }: Bounds): Pick<Modelled, 'side' | 'allowed'> {
  if (upper === undefined) return { side: -1, allowed: -(lower ?? Number.NaN) };
  return { side: lower === undefined ? 1 : 0, allowed: upper };
}

/** Standard errors from the estimate to its bound. */
function reachOf(estimate: Estimate, confidence: number): number {
  if (estimate.standardError === 0) return 0;
  return (interval(estimate, confidence).upper - estimate.value) / estimate.standardError;
}

function squares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

/** The variance that versions would show between them by the rows alone, on which they are all measured. */
function noiseBetween(
  tabulation: Tabulation,
  metric: string,
  cell: number,
  terms: readonly (readonly Term[])[],
): number {
  const scaled = (own: readonly Term[], by: number) => own.map((term) => ({ ...term, weight: term.weight * by }));
  const m = terms.length;
  const variances = terms.map((own, a) => {
    const others = terms.flatMap((other, b) => scaled(other, a === b ? 0 : -1 / m));
    const { standardError } = tabulation.contrast(metric, cell, [...scaled(own, 1 - 1 / m), ...others]);
    return Number.isFinite(standardError) ? standardError ** 2 : 0;
  });
  return variances.reduce((sum, v) => sum + v, 0) / (m - 1);
}

/** Shape (DRAWS): the excess of one half over the whole, by both ways of clustering, scaled to variance 1. */
function noiseOf(
  { query, item }: ReturnType<Tabulation['influences']>,
  signs: readonly { readonly query: Int8Array; readonly item: Int8Array }[],
): Float64Array {
  const size = Math.sqrt(squares(query) + squares(item));
  const noise = new Float64Array(2 * signs.length);
  if (!(size > 0)) return noise;
  for (const [split, half] of signs.entries()) {
    let sum = 0;
    for (let b = 0; b < query.length; b++) sum += half.query[b]! * query[b]! + half.item[b]! * item[b]!;
    noise[2 * split] = sum / size;
    noise[2 * split + 1] = -sum / size;
  }
  return noise;
}

/** The terms of the contrast that a claim is of, for one version in the role of the live one. */
export function termsOf({ rule, at }: CellClaim, states: FamilyStates, { families, plan }: Measured): Term[] {
  const as = isRelative(rule) ? 'relative' : 'absolute';
  const own = states.current.get(at);
  const other = families.compared?.current.get(at);
  const sign = metricOf(plan, rule.metric).metric.better === 'higher' ? -1 : 1;
  const term = (state: number | undefined, weight: number, kind: Term['as']): Term[] =>
    state === undefined ? [] : [{ state, weight, as: kind }];
  if (rule.operator === 'no_more_sensitive_than') return [...term(own, sign, as), ...term(other, -sign, as)];
  if (rule.operator === 'min_retained_gain') {
    const [ownZero, otherZero] = [states.current.get(0), families.compared?.current.get(0)];
    return [
      ...term(other, sign, 'value'),
      ...term(own, -sign, 'value'),
      ...term(otherZero, -sign * rule.threshold, 'value'),
      ...term(ownZero, sign * rule.threshold, 'value'),
    ];
  }
  if (rule.claim === 'family') {
    const all = states.anchors.flatMap((anchor) => anchor.get(at) ?? []);
    return all.map((state) => ({ state, weight: 1 / all.length, as }));
  }
  return term(own, 1, judgesLevel(rule) ? 'value' : as);
}

/** The error that an eval set drawn anew would have in place of this one's, as a factor: shared by all claims. */
export function errorFactor(draw: number, df: number): number {
  return Math.max(0.1, 1 + normal(7, draw, 0) / Math.sqrt(2 * df));
}
