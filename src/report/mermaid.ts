/** A chart of the view for Mermaid, which GitHub draws. */

import { escapeMarkdown } from './markdown.js';
import type { Chart, ChartPoint, Tier } from './view/model.js';

/** Figures of an axis: six significant digits. */
function figure(value: number): number {
  return Number(value.toPrecision(6));
}

/** One line of the chart: its name, its colour, and how the colour is called. */
interface Drawn {
  readonly name: string;
  readonly colour: string;
  readonly called: string;
  /** The name with more of it, for beneath the chart. */
  readonly told?: string | undefined;
  readonly values: readonly number[];
}

/**
 * The change over pure versions, the bound that a rule is held against, production and the margins as lines; in
 * brackets behind each distance the shares of production. Production is a mix of distances and none of them, so that
 * its line is level: a point behind the last distance, joined to it, would read as what comes after. Empty where there
 * is no line.
 */
export function mermaidChart(chart: Chart, tiers: readonly Tier[] = []): string {
  const { metric, what, slice, percent, points } = chart;
  const known = points.filter(({ change }) => Number.isFinite(change));
  const shown = known.filter(({ pure }) => pure);
  if (shown.length < 2) return '';
  const lines = linesOf(
    chart,
    shown,
    known.find(({ pure }) => !pure),
  );
  const values = lines.flatMap((line) => line.values);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const labels = shown.map((point) => `"${labelOf(point, tiers)}"`);
  const colours = lines.map(({ colour }) => colour).join(', ');
  const told = [...new Set(lines.map(({ called, name, told: more }) => `${called}: ${more ?? name}`))];
  return [
    '```mermaid',
    `%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "${colours}"}}}}%%`,
    'xychart-beta',
    `  title "${metric}: change by version distance"`,
    `  x-axis "version distance${tiers.length > 0 ? ' [share of production in %]' : ''}" [${labels.join(', ')}]`,
    `  y-axis "change${percent ? ' (%)' : ''}" ${figure(low)} --> ${figure(high > low ? high : low + 1)}`,
    ...lines.map(({ name, values: own }) => `  line "${name}" [${own.join(', ')}]`),
    '```',
    '',
    `${escapeMarkdown(`${told.join('; ')}. On ${slice}: ${what}${sharesInWords(tiers)}.`)}`,
  ].join('\n');
}

/** A line that has no figure somewhere is none. */
function linesOf({ bound, margins }: Chart, shown: readonly ChartPoint[], production: ChartPoint | undefined): Drawn[] {
  const flat = (value: number | undefined) => (value === undefined ? [] : [shown.map(() => figure(value))]);
  // Of several rules the one with the most urgent cell. The change is 0 at distance 0: a rule there is no limit to it.
  const rule = margins.find(({ at }) => at.some((where) => where !== '0'));
  const limits = rule ? [...flat(rule.upper), ...flat(rule.lower)] : [];
  const name = rule && `margin (${rule.allowed}), asked at ${rule.at.join(', ')}`;
  const lines: Drawn[] = [
    { name: 'change', colour: '#0969da', called: 'Blue', values: shown.map(({ change }) => figure(change)) },
    { name: `${bound} bound`, colour: '#8c959f', called: 'grey', values: shown.map((point) => figure(point[bound])) },
    ...(production ? [{ ...atProduction(production), values: flat(production.change)[0] ?? [] }] : []),
    ...limits.map((values) => ({ name: 'margin', told: name, colour: '#cf222e', called: 'red', values })),
  ];
  return lines.filter(({ values }) => values.every(Number.isFinite));
}

/** Its change with its bounds, which have no line. */
function atProduction({ label, bounds }: ChartPoint): Omit<Drawn, 'values'> {
  return {
    name: 'production',
    told: `production, at no one distance${label === '' ? '' : `: ${[label, bounds].filter(Boolean).join(' ')}`}`,
    colour: '#8250df',
    called: 'violet',
  };
}

/** `2 [30/4]`: a share a tier, in per cent. */
function labelOf({ distance, pure }: ChartPoint, tiers: readonly Tier[]): string {
  const plain = distance.replace('−', '-');
  if (!pure || tiers.length === 0) return plain;
  const shares = tiers.slice(0, SHOWN).map(({ shares: own }) => Math.round(100 * (own.get(distance) ?? 0)));
  return shares.some((share) => share > 0) ? `${plain} [${shares.join('/')}]` : plain;
}

/** Tiers whose shares stand in a label. */
const SHOWN = 3;

function sharesInWords(tiers: readonly Tier[]): string {
  if (tiers.length === 0) return '';
  const names = tiers.slice(0, SHOWN).map(({ name }) => name);
  const rest = tiers.length > SHOWN ? `, of ${tiers.length} tiers` : '';
  return `; in brackets the share of production at each distance, in ${names.join(' / ')}${rest}`;
}
