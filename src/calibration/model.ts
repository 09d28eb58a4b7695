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

/** One version's claim. */
export interface Shown {
  readonly value: number;
  readonly standardError: number;
  readonly reach: number;
  /** It is open on grounds of its own. */
  readonly open: boolean;
}

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
  /** Every version in the role of the live one, the latest first; without past versions the live one alone. */
  readonly shown: readonly Shown[];
  readonly standardError: number;
  /** Degrees of freedom of the standard error: few clusters that carry much of it make it uncertain. */
  readonly df: number;
  /** Standard errors from the estimate to the bound that must hold, and to the one that convicts after Holm. */
  readonly reach: number;
  readonly convicts: number;
  /** The standard error of the mean, by the rows alone. */
  readonly errorOfMean: number;
  /** Shape (versions): what each version's change is away from the mean; empty without past versions. */
  readonly deviations: Float64Array;
  /** Variance of these, that which the rows' noise alone would make, and the former drawn towards the other claims'. */
  readonly between: number;
  readonly ofRows: number;
  readonly moderated: number;
  /** Shape (DRAWS): the rows' noise of one version, and of the mean over all, in standard errors. */
  readonly noise: Float64Array;
  readonly noiseOfMean: Float64Array;
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
  const made = judged.map((history): Modelled => {
    const { claim, past, required } = history;
    const { estimate, bounds, rule, cell } = claim;
    const all = past ?? [claim];
    const mean = all.reduce((sum, { estimate: { value } }) => sum + value, 0) / all.length;
    const deviations = Float64Array.from(past ? all : [], ({ estimate: { value } }) => value - mean);
    const terms = windows.slice(0, all.length).map((states) => termsOf(claim, states, measured));
    const overall = terms.flatMap((own) => weighted(own, 1 / terms.length));
    const ofRows = deviations.length > 1 ? noiseBetween(tabulation, rule.metric, cell, terms) : 0;
    const between = deviations.length > 1 ? squares(deviations) / (deviations.length - 1) : 0;
    const noise = (of: readonly Term[]) => noiseOf(tabulation.influences(rule.metric, cell, of), signs);
    const errorOfMean = past ? tabulation.contrast(rule.metric, cell, overall).standardError : estimate.standardError;
    return {
      history,
      rule: rule.index,
      required,
      ...sideOf(bounds),
      mean,
      live: estimate.value,
      shown: all.map((one) => ({
        value: one.estimate.value,
        standardError: one.estimate.standardError,
        reach: reachOf(one.estimate, confidence),
        open: one.open !== undefined,
      })),
      standardError: estimate.standardError,
      df: Math.min(estimate.df, dfOf(tabulation.influences(rule.metric, cell, terms[0] ?? []))),
      reach: reachOf(estimate, confidence),
      convicts: studentQuantile(1 - (1 - confidence) / Math.max(1, judged.length), estimate.df),
      deviations,
      errorOfMean: Number.isFinite(errorOfMean) ? errorOfMean : estimate.standardError,
      between,
      ofRows,
      moderated: between,
      noise: noise(terms[0] ?? []),
      noiseOfMean: noise(overall),
    };
  });
  return moderated(made);
}

/** Claims of a rule that are few are drawn towards those of all rules. */
const FEW = 4;

/**
 * Each claim's variance between versions over that of the rows' noise, drawn towards the mean ratio of its rule's
 * claims by how little the ratios differ beyond what so few versions give (a moderated variance: Smyth 2004, by
 * moments). A few versions say little of one cell, and more of many.
 */
function moderated(made: readonly Modelled[]): Modelled[] {
  const usable = made.filter(({ ofRows }) => ofRows > 0);
  return made.map((claim) => {
    if (!(claim.ofRows > 0)) return claim;
    const own = usable.filter(({ rule }) => rule === claim.rule);
    const group = (own.length < FEW ? usable : own).filter(
      ({ deviations }) => deviations.length === claim.deviations.length,
    );
    const ratios = group.map(({ between, ofRows }) => between / ofRows);
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    const df = claim.deviations.length - 1;
    const spread = ratios.reduce((sum, ratio) => sum + (ratio / mean - 1) ** 2, 0) / Math.max(1, ratios.length - 1);
    const beyond = Math.max(0, spread - 2 / df);
    // Degrees of freedom of the others' word: without bound where the ratios differ by no more than chance.
    const ownShare = ratios.length < 2 ? 1 : beyond > 0 ? df / (df + 2 / beyond) : 0;
    const ratio = ownShare * (claim.between / claim.ofRows) + (1 - ownShare) * mean;
    return { ...claim, moderated: ratio * claim.ofRows };
  });
}

function sideOf({ lower, upper }: Bounds): Pick<Modelled, 'side' | 'allowed'> {
  if (upper === undefined) return { side: -1, allowed: -(lower ?? Number.NaN) };
  return { side: lower === undefined ? 1 : 0, allowed: upper };
}

/** 2 (Σe²)² / Σe⁴ over the buckets of both ways: what the sum of their squares varies as χ² of. */
function dfOf({ query, item }: ReturnType<Tabulation['influences']>): number {
  const fourth = [query, item].reduce((sum, own) => sum + own.reduce((s, e) => s + e ** 4, 0), 0);
  return fourth > 0 ? Math.max(1, (2 * (squares(query) + squares(item)) ** 2) / fourth) : 1;
}

/** Standard errors from the estimate to its bound. */
function reachOf(estimate: Estimate, confidence: number): number {
  if (estimate.standardError === 0) return 0;
  return (interval(estimate, confidence).upper - estimate.value) / estimate.standardError;
}

function squares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function weighted(own: readonly Term[], by: number): Term[] {
  return own.map((term) => ({ ...term, weight: term.weight * by }));
}

/** The variance that versions would show between them by the rows alone, on which they are all measured. */
function noiseBetween(
  tabulation: Tabulation,
  metric: string,
  cell: number,
  terms: readonly (readonly Term[])[],
): number {
  const m = terms.length;
  const variances = terms.map((own, a) => {
    const others = terms.flatMap((other, b) => weighted(other, a === b ? 0 : -1 / m));
    const { standardError } = tabulation.contrast(metric, cell, [...weighted(own, 1 - 1 / m), ...others]);
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

/** An error in place of the one that was estimated, as a factor of it: by draw, shared by all claims. */
export function errorFactor(stream: number, draw: number, df: number): number {
  return Math.exp(normal(stream, draw, 0) / Math.sqrt(2 * df));
}
