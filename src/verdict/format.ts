/** Figures and names as every rendering writes them. */

import type { CurvePoint, Distance, Finding, RetainedGain, TonightEntry } from '../checks/check-report.js';
import { checkOf } from '../checks/registry.js';
import type { Cell } from '../checks/remedies.js';
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
  return String(distance).replace('-', '−');
}

/** `production` or `distance 2`. */
export function nameOfDistance(distance: Distance): string {
  return distance === 'production' ? 'production' : `distance ${formatDistance(distance)}`;
}

/** ` on tier=large`; nothing of all rows. */
export function onSlice(slice: Slice): string {
  return Object.keys(slice).length > 0 ? ` on ${formatSlice(slice)}` : '';
}

/** `log_loss at production on tier=large`. */
export function formatCell({ metric, slice, at }: Cell): string {
  return `${metric} at ${nameOfDistance(at)}${onSlice(slice)}`;
}

/** The cell of a finding: checks on evidence know no distances. */
export function formatFinding(finding: Finding): string {
  const at = isSwept(finding) ? ` at ${nameOfDistance(finding.at)}` : '';
  return `${formatMetric(finding)}${at}${onSlice(finding.slice)}`;
}

/** `0: 77.0 %, 1: 23.0 %`; masses below a twentieth of a per cent are not shown. */
export function formatHistogram(histogram: ReadonlyMap<number, number>): string {
  return [...histogram]
    .filter(([, mass]) => mass >= 0.0005)
    .map(([distance, mass]) => `${formatDistance(distance)}: ${formatMass(mass)}`)
    .join(', ');
}

/** A share of production: `77.0 %`. */
export function formatMass(mass: number): string {
  return `${(100 * mass).toFixed(1)} %`;
}

/** A value with four significant digits. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return 'undefined';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text = size >= 1e-4 && size < 1e6 ? trim(value.toPrecision(4)) : value.toExponential(2);
  return text.replaceAll('-', '−');
}

/** Stands for a figure that is not known: a bound, or a part. */
export const ABSENT = '–';

/** `[+1.31 %, +1.85 %]`; a bound that is not known is a dash. */
function interval(lower: number, upper: number, show: (bound: number) => string): string {
  const shown = (bound: number) => (Number.isFinite(bound) ? show(bound) : ABSENT);
  return `[${shown(lower)}, ${shown(upper)}]`;
}

function trim(text: string): string {
  return text.includes('.') && !text.includes('e') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

/** A value that a rule bounds: a share whose bound is a percentage as one. */
function formatLevel(value: number, { threshold }: Finding): string {
  if (threshold.endsWith('%')) return formatSize(value, 'relative');
  return formatValue(value);
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
  const show = (bound: number) => {
    if (!('judged' in point) || point.judged === 'change') return formatMetricDelta(point.metric, bound, point.unit);
    return point.judged === 'share' ? formatShare(bound) : formatLevel(bound, point);
  };
  return interval(point.lower, point.upper, show);
}

/** A share of a gain: `62 %`. */
function formatShare(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(0).replace('-', '−')} %` : ABSENT;
}

/** `62 % [41 %, 80 %] of a gain of 0.0123`, in the unit of the metric, or that there is none. */
export function formatRetained({ aligned, share, lower, upper }: RetainedGain): string {
  if (!Number.isFinite(lower)) return `no clear gain when aligned (${formatDelta(aligned, 'absolute')})`;
  return `${formatShare(share)} ${interval(lower, upper, formatShare)} of a gain of ${formatValue(aligned)}`;
}

/** `0.0123 [0.0102, 0.0144]`. */
export function formatBounded({ value, lower, upper }: Bounded): string {
  return `${formatDelta(value, 'absolute')} ${interval(lower, upper, (bound) => formatDelta(bound, 'absolute'))}`;
}

/**
 * `log_loss +0.31 % [+0.10 %, +0.52 %] against it once promoted; with an index of its own −0.52 % [−0.70 %, −0.34 %]`.
 */
export function formatTonight({ metric, unit, promoted, aligned }: TonightEntry): { now: string; own: string } {
  return { now: formatInterval(metric, promoted, unit), own: formatInterval(metric, aligned, unit) };
}

/** `−0.36 % [−0.46 %, −0.27 %]`: a change of a metric with its bounds. */
export function formatInterval(
  metric: string,
  { change, lower, upper }: TonightEntry['promoted'],
  unit: ChangeUnit,
): string {
  const delta = (value: number) => formatMetricDelta(metric, value, unit);
  return `${delta(change)} ${interval(lower, upper, delta)}`;
}

/** The three layers of an online-offline gap. */
export const LAYERS = [
  [1, 'Model and evaluation'],
  [2, 'Serving and features'],
  [3, 'Funnel and utility'],
] as const;

export function formatHypothesis(verdict: HypothesisVerdict): string {
  return verdict === 'no_gap' ? 'no gap to explain' : verdict.replaceAll('_', ' ');
}

/** `max_increase 1 %`. */
export function formatMargin({ operator, threshold }: Pick<Finding, 'operator' | 'threshold'>): string {
  return `${operator} ${threshold.replace(/(?<=\d)%$/, ' %')}`;
}

/** Margins that are used: `62 %` of one, `8.5 times` where it is several. */
export function formatUsed(used: number): string {
  if (!Number.isFinite(used)) return ABSENT;
  // The rounded figure decides the form: 9.97 is `10 times`, as 10.2 is, and 1.999 is `2.0 times`.
  const percent = Math.round(100 * used);
  if (Math.abs(percent) < 200) return `${percent} %`.replace('-', '−').replace('−0 %', '0 %');
  const size = Math.abs(used);
  return `${used < 0 ? '−' : ''}${size < 9.95 ? size.toFixed(1) : Math.round(size).toLocaleString('en-US')} times`;
}

/** `l1-cvr.yml:21`: the file's name and line, where its path stands elsewhere. */
export function formatLine({ place }: Finding): string {
  return `${place.file.split('/').pop()}:${place.line}`;
}
