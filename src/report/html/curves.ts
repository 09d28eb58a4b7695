/** The decision chart with its switches, and the same metric slice by slice. */

import { capital } from '../../lib/text.js';
import { decisionChart, type Layout, NARROW, WIDE } from '../charts/decision.js';
import { sharedDomain, spark } from '../charts/spark.js';
import { line, rect } from '../charts/svg.js';
import { escapeHtml } from '../html-text.js';
import { askedInWords } from '../view/curve-section.js';
import type { Chart, Tier, View } from '../view/model.js';
import { tiersOf } from '../view/tiers.js';
import { ICONS } from '../view/words.js';

/** Bytes that the page may take, those of a cell, and those that the curves may take in any case. */
const PAGE = 700_000;
const CELL = 250;
const LEAST = 150_000;
/** Small multiples shown before the rest is folded up, and drawn at all. */
const MULTIPLES = 8;
const MOST_MULTIPLES = 36;

export function curvesPart(view: View): string {
  const { charts, left } = drawn(view);
  const [first, ...others] = charts;
  if (!first) return '';
  return [
    '<h2>What distance costs, and where production is</h2>',
    '<div class="controls" hidden><label>metric <select id="metric"></select></label>',
    '<label>slice <select id="slice"></select></label></div>',
    ...(left === 0 ? [] : [leftPart(charts.length, left)]),
    legendPart(view),
    `<div class="decide"><div><div id="stage">${first}</div>`,
    ...(others.length === 0
      ? []
      : [
          `<details class="others" id="others"><summary>Other metrics and slices (${others.length})</summary>${others.join('\n')}</details>`,
        ]),
    '</div>',
    multiplesPart(view.curves),
    '</div>',
  ].join('\n');
}

/** Says which curves are here, where the page has no room for all. */
function leftPart(shown: number, left: number): string {
  return (
    `<p class="soft">Here are the ${shown} curves of the most urgent cells and of all rows; ` +
    `${left.toLocaleString('en-US')} more, of cells that are less urgent, are in report.json.</p>`
  );
}

/** The most urgent curves as far as they fit, every metric on all rows among them. */
function drawn({ curves, production, cells }: View): { readonly charts: string[]; readonly left: number } {
  const whole = new Set(curves.filter(({ slice }, i) => i === 0 || slice === 'all rows'));
  const order = [...whole, ...curves.filter((chart) => !whole.has(chart))];
  const budget = Math.max(LEAST, PAGE - CELL * cells.length);
  const figures = new Map<Chart, string>();
  let size = 0;
  for (const chart of order) {
    if (size > budget) break;
    const figure = figureOf(chart, production);
    if (figure === '') continue;
    figures.set(chart, figure);
    size += figure.length;
  }
  const charts = curves.flatMap((chart) => figures.get(chart) ?? []);
  return { charts, left: size > budget ? curves.length - figures.size : 0 };
}

function figureOf(chart: Chart, tiers: readonly Tier[]): string {
  const own = tiersOf(chart, tiers);
  const draw = (layout: Layout, name: string) =>
    decisionChart(chart, own, layout).replace('<svg ', `<svg class="${name}" `);
  const wide = draw(WIDE, 'large');
  if (wide === '') return '';
  const { metric, slice, what, mark, margins } = chart;
  const asked = margins.map((margin) => `${capital(askedInWords(margin))}.`).join(' ');
  const icon = mark ? `${ICONS[mark]} ` : '';
  return (
    `<figure data-m="${escapeHtml(metric)}" data-s="${escapeHtml(slice)}" data-k="${icon}">` +
    `<figcaption><strong class="c-${mark ?? 'none'}">${icon}${escapeHtml(metric)}, ${escapeHtml(slice)}</strong>: ${escapeHtml(what)}. ` +
    `${escapeHtml(asked)}</figcaption>${wide}${draw(NARROW, 'small')}</figure>`
  );
}

function legendPart({ curves, production }: View): string {
  const swatch = (mark: string) => `<svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true">${mark}</svg>`;
  const has = (of: (chart: Chart) => boolean) => curves.some(of);
  const entries = [
    `${swatch(rect(0, 2, 26, 10, 'band') + line(0, 7, 26, 7, 'curve'))}change, with its one-sided bounds`,
    ...(has(({ points }) => points.some(({ age }) => age !== null && age !== 0))
      ? [
          `${swatch(rect(8, 1, 9, 12, 'age'))}part that is age`,
          `${swatch(rect(8, 1, 9, 12, 'inc'))}part that is incompatibility`,
        ]
      : []),
    ...(has(({ points }) => points.some(({ pure }) => !pure))
      ? [`${swatch('<path class="f-none" d="M13 1l6 6l-6 6l-6 -6z"/>')}at production`]
      : []),
    ...(has(({ margins }) => margins.length > 0)
      ? [
          `${swatch(rect(0, 0, 26, 7, 'zone') + line(0, 7, 26, 7, 'margin'))}margin and what it forbids, where it is asked`,
        ]
      : []),
    ...[...new Set(curves.flatMap(({ today }) => today ?? []))].map(
      (today) => `${swatch(line(0, 7, 26, 7, 'today'))}${escapeHtml(today)}, which serves today`,
    ),
    ...(production.length > 0
      ? [
          `${swatch(
            production
              .slice(0, 3)
              .map((_, i) => rect(2 + 8 * i, 2 + 3 * i, 6, 12 - 3 * i, `tier${i}`))
              .join(''),
          )}share of production at the distance: ${tiersInWords(production)}`,
        ]
      : []),
  ];
  return `<ul class="legend">${entries.map((entry) => `<li>${entry}</li>`).join('')}</ul>`;
}

function tiersInWords(tiers: readonly Tier[]): string {
  const names = tiers.slice(0, 5).map(({ name }) => escapeHtml(name));
  return tiers.length > 5 ? `${names.join(', ')} and ${tiers.length - 5} more` : names.join(', ');
}

/** The metric of the first curve on every slice, those that decide first, all on one scale. */
function multiplesPart(curves: readonly Chart[]): string {
  const metric = curves[0]?.metric;
  const own = curves.filter((chart) => chart.metric === metric).slice(0, MOST_MULTIPLES);
  if (metric === undefined || own.length < 2) return '';
  const domain = sharedDomain(own);
  const figures = own.map((chart) => multiple(chart, domain)).filter((figure) => figure !== '');
  const rest = figures.slice(MULTIPLES);
  return [
    `<div class="multiples"><h3>${escapeHtml(metric)} slice by slice, most urgent first</h3>`,
    `<div class="grid">${figures.slice(0, MULTIPLES).join('')}</div>`,
    ...(rest.length === 0
      ? []
      : [`<details><summary>${rest.length} more slices</summary><div class="grid">${rest.join('')}</div></details>`]),
    '</div>',
  ].join('\n');
}

function multiple(chart: Chart, domain: readonly [number, number]): string {
  const drawn = spark(chart, domain);
  if (drawn === '') return '';
  const production = chart.points.find(({ pure }) => !pure);
  const icon = chart.mark ? `<span class="c-${chart.mark}">${ICONS[chart.mark]}</span> ` : '';
  const at = production ? ` <span class="soft">${escapeHtml(production.label)}</span>` : '';
  return `<figure><figcaption>${icon}${escapeHtml(chart.slice)}${at}</figcaption>${drawn}</figure>`;
}
