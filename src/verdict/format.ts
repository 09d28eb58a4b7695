/** Figures and names as every rendering writes them. */

import type { CurvePoint, Distance, Finding, RetainedGain, TonightEntry } from '../checks/check-report.js';
import { checkOf } from '../checks/registry.js';
import type { Slice } from '../data/evalset/cells.js';
import { scaleOf } from '../estimation/metrics/registry.js';
import type { ChangeUnit } from '../estimation/metrics/scale.js';
import { printable } from '../lib/text.js';
import type { Bounded, HypothesisVerdict } from './diagnosis/diagnosis.js';

/** `all rows`, `tier=large`, `tier=large, log_source=organic`. */
export function formatSlice(slice: Slice): string {
  const entries = Object.entries(slice);
  return entries.length === 0
    ? 'all rows'
    : entries.map(([k, v]) => `${printable(k, 60)}=${printable(v, 60)}`).join(', ');
}

export function formatDistance(distance: Distance): string {
  return distance === 'production' ? 'production' : String(distance);
}

/** `0: 0.77, 1: 0.23`; masses below 0.0005 are not shown. */
export function formatHistogram(histogram: ReadonlyMap<number, number>): string {
  return [...histogram]
    .filter(([, mass]) => mass >= 0.0005)
    .map(([distance, mass]) => `${distance}: ${Number(mass.toFixed(3))}`)
    .join(', ');
}

/** A value with four significant digits. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return 'undefined';
  if (value === 0) return '0';
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6 ? trim(value.toPrecision(4)) : value.toExponential(2);
}

function trim(text: string): string {
  return text.includes('.') && !text.includes('e') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

/** A value that a rule bounds: a share whose bound is a percentage as one. */
function formatLevel(value: number, { threshold }: Finding): string {
  if (threshold.endsWith('%')) return formatSize(value, 'relative');
  return formatValue(value).replace('-', '−');
}

/**
 * The metric of a finding, with its check's id where the check measures it itself, so that the name alone says little.
 */
export function formatMetric(finding: Finding): string {
  return isSwept(finding) ? finding.metric : `${finding.check} ${finding.metric}`;
}

/** True of a finding at a version distance: its check sweeps. */
export function isSwept({ check }: Finding): boolean {
  return checkOf(check).sweeps === true;
}

/** A signed change: `+1.58 %` where relative, `+0.0012` where absolute. */
export function formatDelta(value: number, unit: 'relative' | 'absolute'): string {
  return signed(value, unit, '+');
}

/** The same without a plus sign, for what is no change. */
export function formatSize(value: number, unit: 'relative' | 'absolute'): string {
  return signed(value, unit, '');
}

function signed(value: number, unit: 'relative' | 'absolute', plus: '+' | ''): string {
  if (!Number.isFinite(value)) return 'undefined';
  const sign = value > 0 ? plus : value < 0 ? '−' : '';
  const size = Math.abs(value);
  return unit === 'relative' ? `${sign}${percentage(100 * size)} %` : `${sign}${formatValue(size)}`;
}

/** Two decimals, and more where two would show nothing of what is there. */
function percentage(size: number): string {
  return size >= 0.005 || size < 1e-6
    ? size.toFixed(2)
    : String(Number(size.toPrecision(1)).toFixed(6)).replace(/0+$/, '');
}

/** A change of a metric in the unit that it is shown in, and that unit: a metric's scale says both. */
export function shownChange(
  metric: string,
  value: number,
  unit: ChangeUnit,
): { readonly value: number; readonly unit: ChangeUnit } {
  return scaleOf(metric).shown(value, unit);
}

/** A signed change of a metric, as it is shown. */
export function formatMetricDelta(metric: string, value: number, unit: ChangeUnit): string {
  const shown = shownChange(metric, value, unit);
  return formatDelta(shown.value, shown.unit);
}

/** The same without a plus sign. */
export function formatMetricSize(metric: string, value: number, unit: ChangeUnit): string {
  const shown = shownChange(metric, value, unit);
  return formatSize(shown.value, shown.unit);
}

/** The change that a finding judged, or the value where it judged that. */
export function formatChange(finding: Finding): string {
  if (finding.judged === 'share') return formatShare(finding.change);
  return finding.judged === 'value'
    ? formatLevel(finding.value, finding)
    : formatMetricDelta(finding.metric, finding.change, finding.unit);
}

/** `[+1.31 %, +1.85 %]`, the one-sided bounds of what is judged. */
export function formatBounds(point: Finding | CurvePoint): string {
  if ('judged' in point && point.judged === 'share')
    return `[${formatShare(point.lower)}, ${formatShare(point.upper)}]`;
  const judgedValue = 'judged' in point && point.judged === 'value';
  const show = (value: number) =>
    judgedValue ? formatLevel(value, point as Finding) : formatMetricDelta(point.metric, value, point.unit);
  const shown = (value: number) => (Number.isFinite(value) ? show(value) : '–');
  return `[${shown(point.lower)}, ${shown(point.upper)}]`;
}

/** A share of a gain: `62 %`. */
function formatShare(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(0).replace('-', '−')} %` : 'unbounded';
}

/** `62 % [41 %, 80 %] of 0.0123`, or that there is none. */
export function formatRetained({ aligned, share, lower, upper }: RetainedGain): string {
  if (!Number.isFinite(lower)) return `no clear gain when aligned (${formatDelta(aligned, 'absolute')})`;
  return `${formatShare(share)} [${formatShare(lower)}, ${formatShare(upper)}] of ${formatValue(aligned)}`;
}

/** `0.0123 [0.0102, 0.0144]`. */
export function formatBounded({ value, lower, upper }: Bounded): string {
  return `${formatDelta(value, 'absolute')} [${formatDelta(lower, 'absolute')}, ${formatDelta(upper, 'absolute')}]`;
}

/**
 * `log_loss +0.31 % [+0.10 %, +0.52 %] against it once promoted; with an index of its own −0.52 % [−0.70 %, −0.34 %]`.
 */
export function formatTonight({ metric, unit, promoted, aligned }: TonightEntry): { now: string; own: string } {
  const shown = ({ change, lower, upper }: TonightEntry['promoted']) => {
    const bound = (value: number) => (Number.isFinite(value) ? formatMetricDelta(metric, value, unit) : '–');
    return `${formatMetricDelta(metric, change, unit)} [${bound(lower)}, ${bound(upper)}]`;
  };
  return { now: shown(promoted), own: shown(aligned) };
}

/** The three layers of an online-offline gap. */
export const LAYERS = [
  [1, 'Model and evaluation'],
  [2, 'Serving and features'],
  [3, 'Funnel and utility'],
] as const;

export function formatHypothesis(verdict: HypothesisVerdict): string {
  return verdict === 'no_gap' ? 'gap not clear' : verdict.replaceAll('_', ' ');
}

/** `max_increase 1%`. */
export function formatMargin(finding: Finding): string {
  return `${finding.operator} ${finding.threshold}`;
}

/** `l1-cvr.yml:21`: the file's name and line, where its path stands elsewhere. */
export function formatLine({ place }: Finding): string {
  return `${place.file.split('/').pop()}:${place.line}`;
}
