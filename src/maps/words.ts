/** The repairs of a map, in lines for a terminal. */
import { wholePercent } from '../checks/measurement.js';
import { isRelative } from '../checks/version-skew/families.js';
import { judgesLevel } from '../checks/version-skew/merit.js';
import type { Share } from '../estimation/statistics/share.js';
import { plural, printable } from '../lib/text.js';
import { ABSENT, formatInterval, formatMetricDelta, formatSlice, formatValue } from '../verdict/format.js';
import { articled, type Chosen } from './decide.js';
import type { MeasuredMaps } from './measure.js';
import type { MapGraph } from './onnx-graph.js';
import type { Difference, RepairEntry } from './repairs.js';
import type { Held, HeldRule } from './rules.js';

/** The share that decides first: of the incompatibility where that is known. */
export function leadInWords({ asked, behind, fitting }: MeasuredMaps, { kind, metric, repaired }: Chosen): string {
  const { ofLoss, ofIncompatible } = repaired;
  const shares = [
    ...(ofIncompatible ? [`${shareInWords(ofIncompatible)} of the part of the loss that is incompatibility`] : []),
    ...(ofLoss ? [`${shareInWords(ofLoss)} of the loss`] : []),
  ];
  return (
    `From ${printable(asked.from)} to ${printable(asked.to)} (distance ${behind}), ${articled(kind)} map of ` +
    `${fitting.dimension} × ${fitting.dimension}, fitted on ${plural(fitting.taken, 'item vector')}: it wins back ` +
    `${shares.join(', and ')} in ${metric} over all rows.` +
    // No map adds fresh knowledge: what it wins of a loss that is age is little, and a younger index wins more.
    (repaired.incompatible && !ofIncompatible
      ? ' The older pair of towers loses as much, so that the loss is age: a younger index wins back more.'
      : '')
  );
}

/** A row a metric and slice: without the map, with it, and the difference. */
export function repairTable(entries: readonly RepairEntry[]): string[] {
  const head = ['metric', 'slice', 'as it is', 'with mapped queries', 'difference', 'share of the loss'];
  const rows = entries.map((entry) => [
    entry.metric,
    formatSlice(entry.slice),
    formatMetricDelta(entry.metric, entry.unmapped.change, entry.unit),
    differenceInWords(entry, entry.mapped),
    differenceInWords(entry, entry.won),
    entry.ofLoss ? shareInWords(entry.ofLoss) : ABSENT,
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  return [head, ...rows].map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd());
}

/** Says in which cells the map makes things clearly worse; nothing where it does in none. */
export function worseInWords(entries: readonly RepairEntry[]): string[] {
  const worse = entries.filter((entry) => entry.worse);
  if (worse.length === 0) return [];
  const cells = worse.map((entry) => {
    const { metric, slice, unit, unmapped, mapped } = entry;
    const before = formatMetricDelta(metric, unmapped.change, unit);
    return `  ${metric} on ${formatSlice(slice)}: ${before} without it, ${differenceInWords(entry, mapped)} with it`;
  });
  return [
    '',
    `Worse with the map than without it, by the whole interval, in ${plural(worse.length, 'cell')}:`,
    ...cells,
  ];
}

/** Open cells that are written out. */
const SHOWN = 8;

/** Says what the policy's rules decide without the map and with it, and which do not pass with it. */
export function rulesInWords(held: readonly HeldRule[], { asked }: MeasuredMaps): string[] {
  if (held.length === 0) return [];
  const rules = new Set(held.map(({ rule }) => rule.index)).size;
  const open = held.filter(({ mapped }) => mapped.verdict !== 'pass');
  const cells = open.slice(0, SHOWN).map((one) => {
    const { rule, slice, mapped } = one;
    const name = `${rule.metric} ${rule.operator} ${rule.thresholdText} on ${formatSlice(slice)}`;
    return `    ${name}: ${heldInWords(rule, mapped)}, ${VERDICTS[mapped.verdict]} (${rule.place.file}:${rule.place.line})`;
  });
  return [
    '',
    `The policy’s rules, as if the whole index were of ${printable(asked.from)} (${plural(rules, 'rule')} → ${plural(held.length, 'cell')}, each by its own bound, without Holm’s correction):`,
    `  as it is: ${tally(held.map(({ unmapped }) => unmapped.verdict))}`,
    `  with mapped queries: ${tally(held.map(({ mapped }) => mapped.verdict))}`,
    ...cells,
    ...(open.length > SHOWN ? [`    … and ${open.length - SHOWN} more: map.json has all of them`] : []),
  ];
}

const VERDICTS = { pass: 'passes', fail: 'fails', inconclusive: 'is inconclusive' } as const;

function tally(verdicts: readonly Held['verdict'][]): string {
  const of = (verdict: Held['verdict']) => verdicts.filter((one) => one === verdict).length;
  const counts = [
    [of('pass'), 'pass'] as const,
    [of('fail'), 'fail'] as const,
    [of('inconclusive'), 'inconclusive'] as const,
  ];
  return counts.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : [])).join(', ');
}

function heldInWords(rule: HeldRule['rule'], held: Held): string {
  if (!judgesLevel(rule)) return formatInterval(rule.metric, held, isRelative(rule) ? 'relative' : 'absolute');
  return `${formatValue(held.change)} [${formatValue(held.lower)}, ${formatValue(held.upper)}]`;
}

/** Says how the graph is used. */
export function graphInWords({ type, opset, unit, dimension, leading }: MapGraph): string {
  const shape = [...leading, dimension].join(', ');
  return (
    `query [${shape}] → mapped_query [${shape}], ${type}, opset ${opset}` +
    `${unit ? '; of length 1, so that a dot product with items of length 1 is the cosine' : ''}`
  );
}

function differenceInWords({ metric, unit }: RepairEntry, difference: Difference): string {
  return formatInterval(metric, difference, unit);
}

/** `94 % [88 %, 99 %]`. */
function shareInWords({ share, lower, upper }: Share): string {
  const show = (value: number) => (Number.isFinite(value) ? wholePercent(value).replace('-', '−') : ABSENT);
  return `${show(share)} [${show(lower)}, ${show(upper)}]`;
}
