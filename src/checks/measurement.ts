/** Measurements of checks on evidence, in the form that rules judge. */

import type { Slice } from '../data/evalset/cells.js';
import type { Coded } from '../data/tables/identity.js';
import { type ClusterSum, clusteredRatio } from '../estimation/statistics/clustered-ratio.js';
import { type Estimate, FEWEST_TRIALS } from '../estimation/statistics/noninferiority.js';
import { independentContrast } from '../estimation/statistics/share.js';
import { normalQuantile } from '../estimation/statistics/student-t.js';
import { ClusteredSums, effectiveClusters } from '../estimation/tabulation/clustered.js';
import type { OpenReason } from './reason.js';

/** A difference from a baseline, in the metric's own unit and as a share of the baseline. */
export interface Change {
  readonly absolute: Estimate;
  readonly relative: Estimate;
}

export interface Measurement {
  readonly metric: string;
  /** The part that was measured: a feature, a tower and stage, a stratum; empty for all. */
  readonly slice: Slice;
  /** `min` and `max` judge this. */
  readonly value: Estimate;
  /** `max_increase` and `max_decrease` judge this: the difference from offline, or from control. */
  readonly change?: Change;
  /** The ground on which it cannot be judged; undefined: it can. */
  readonly open?: OpenReason;
}

/** A measurement that has a baseline. */
export type Compared = Measurement & { readonly change: Change };

/** The value that a measurement's slice has of a key that every slice of its metric has. */
export function sliceValue({ metric, slice }: Measurement, key: string): string {
  const value = slice[key];
  if (value === undefined) throw new Error(`a measurement of ${metric} without ${key}`);
  return value;
}

/** Known without error, as a count of everything is. */
export function exact(value: number): Estimate {
  return { value, standardError: 0, df: 1 };
}

/** A value alone. */
export function level(metric: string, slice: Slice, value: Estimate, open?: OpenReason): Measurement {
  return { metric, slice, value, ...(open === undefined ? {} : { open }) };
}

/** A value against a baseline from other data: their errors are independent. Of a ratio, by the delta method. */
export function against(
  metric: string,
  slice: Slice,
  value: Estimate,
  baseline: Estimate,
  open?: OpenReason,
): Compared {
  const absolute = independentContrast(value, baseline, 1);
  const ratio = value.value / baseline.value;
  const relative = {
    value: ratio - 1,
    standardError: Math.hypot(value.standardError, ratio * baseline.standardError) / Math.abs(baseline.value),
    df: absolute.df,
    skewness: absolute.skewness ?? 0,
  };
  return { metric, slice, value, change: { absolute, relative }, ...(open === undefined ? {} : { open }) };
}

/**
 * Share of n independent trials: Agresti & Coull's variance with four more of either kind, which keeps an interval
 * where nothing, or everything, happened. Of 0 of n the one-sided upper bound at 95 % is 3.3/n, no tighter than the
 * rule of three (Hanley & Lippman-Hand 1983).
 */
export function proportion(count: number, n: number): Estimate {
  const p = (count + 4) / (n + 8);
  return { value: count / n, standardError: Math.sqrt((p * (1 - p)) / n), df: Math.max(1, n - 1) };
}

/** The difference of two shares over the same clusters, each Σ hit / Σ n: clusters in both are paired. */
export function pairedShares(
  treatment: ReadonlyMap<number, ClusterSum>,
  control: ReadonlyMap<number, ClusterSum>,
): Change {
  const [t, c] = [clusteredRatio([...treatment.values()]), clusteredRatio([...control.values()])];
  const total = (of: ReadonlyMap<number, ClusterSum>) => [...of.values()].reduce((sum, { n }) => sum + n, 0);
  const [nt, nc] = [total(treatment), total(control)];
  const clusters = new Set([...treatment.keys(), ...control.keys()]);
  const influence = (of: ClusterSum | undefined, ratio: number, n: number) => (of ? (of.hit - ratio * of.n) / n : 0);
  let [absolute, relative] = [0, 0];
  for (const cluster of clusters) {
    const [a, b] = [influence(treatment.get(cluster), t.value, nt), influence(control.get(cluster), c.value, nc)];
    absolute += (a - b) ** 2;
    relative += (a / c.value - (t.value * b) / c.value ** 2) ** 2;
  }
  const g = clusters.size;
  const df = Math.max(1, Math.min(treatment.size, control.size) - 1);
  const error = (squares: number) => Math.sqrt((squares * g) / Math.max(1, g - 1));
  // If next to nothing happened, an arm is no surer alone, nor is their difference.
  const more = [treatment, control].map((of) => {
    const own = [...of.values()];
    return requestShare(own).standardError ** 2 - clusteredRatio(own).standardError ** 2;
  });
  const surer = (own: number, scale: number) => Math.sqrt(own ** 2 + (more[0]! + more[1]!) / scale ** 2);
  return {
    absolute: { value: t.value - c.value, standardError: surer(error(absolute), 1), df },
    relative: { value: t.value / c.value - 1, standardError: surer(error(relative), c.value), df },
  };
}

/** A share over requests: Σ hit / Σ n. */
export function requestShare(requests: readonly ClusterSum[]): Estimate {
  return noSurer(clusteredRatio(requests), requests.length);
}

/**
 * A share whose variance also has what Agresti & Coull's four more events of either kind add to that of as many
 * independent trials as there are clusters: all of it where nothing happened, next to none where much did.
 */
function noSurer(share: Estimate, clusters: number): Estimate {
  const p = share.value;
  const moved = (p * clusters + 4) / (clusters + 8);
  const more = Math.max(0, moved * (1 - moved) - p * (1 - p)) / clusters;
  return { ...share, standardError: Math.hypot(share.standardError, Math.sqrt(more)) };
}

/** Share of flags over rows that are clustered by query and item; each row counts once. */
export function flagShare(flags: ArrayLike<number>, query: Coded, item: Coded): Estimate {
  const ones = new Float64Array(flags.length).fill(1);
  const sums = new ClusteredSums(query, item, [ones, Float64Array.from(flags)], [ones]);
  return noSurer(sums.estimate(sums.ratio(1, 0)), effectiveClusters(query, ones));
}

/** The ground on which a statistic over so few requests cannot be judged; undefined if it can. */
export function tooFew(clusters: number, what = 'requests'): OpenReason | undefined {
  return clusters < FEWEST_TRIALS ? { kind: 'too_few_trials', what, count: clusters, least: FEWEST_TRIALS } : undefined;
}

/** As facts are written: `12 %`, `0.31 %`. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return 'unknown';
  const value = 100 * share;
  const text = Math.abs(value) >= 10 || value === 0 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
  return `${text.replace('-', '−')} %`;
}

/** A share in whole per cent: `62 %`. */
export function wholePercent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(100 * share)} %`.replace('-', '−') : 'unbounded';
}

/** Three significant digits. */
export function figure(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '∞';
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))).replace('-', '−') : 'unknown';
}

/** Numbers that stand side by side, with three digits of the largest: `0.0206`, `0.0000`. */
export function figuresAlike(values: readonly number[]): string[] {
  const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs));
  if (!(largest > 0)) return values.map(figure);
  const decimals = Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(largest))));
  return values.map((value) =>
    Number.isFinite(value)
      ? value
          .toFixed(decimals)
          .replace(/^-(?=0\.?0*$)/, '')
          .replace('-', '−')
      : 'unknown',
  );
}

/** Bounds that are not symmetric, as an estimate whose interval is nowhere narrower than they are. */
export function withBounds(value: number, lower: number, upper: number, confidence: number): Estimate {
  if (!Number.isFinite(value)) return exact(Number.NaN);
  return { value, standardError: Math.max(value - lower, upper - value) / normalQuantile(confidence), df: 1e6 };
}
