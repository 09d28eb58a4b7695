/** The decision chart with its switches, and the same metric slice by slice. */

import { deflateSync } from 'node:zlib';
import { grouped } from '../../lib/grouped.js';
import { capital } from '../../lib/text.js';
import { hasLine } from '../charts/decision.js';
import { sharedDomain, spark } from '../charts/spark.js';
import { line, rect } from '../charts/svg.js';
import { breakable, escapeHtml } from '../html-text.js';
import { isSplit } from '../view/curves.js';
import type { Chart, Tier, View } from '../view/model.js';
import { ICONS, PARTS_MEAN } from '../view/words.js';
import { figureOf } from './figure.js';
import { type Packed, packed, packedTiers } from './packed.js';

/** Bytes that the page may take, those of a cell, and those that drawn curves may take in any case. */
const PAGE = 700_000;
const CELL = 250;
const LEAST = 150_000;
/** Bytes of the curves that stand drawn where the page's script draws the others. */
const AHEAD = 24_000;
/** Small multiples shown before the rest is folded up, and drawn at all. */
const MULTIPLES = 8;
const MOST_MULTIPLES = 36;
/** Of the room that cells leave, the part that small multiples of further metrics may take: one in so many. */
const ROOM_OF_OTHERS = 4;

export interface CurvesPart {
  readonly html: string;
  /** True where the page's script draws curves that do not stand in it. */
  readonly draws: boolean;
}

export function curvesPart(view: View): CurvesPart {
  const { figures, others } = shownOf(view);
  const [first, ...rest] = figures;
  if (!first) return { html: '', draws: false };
  const html = [
    '<h2>What distance costs, and where production is</h2>',
    '<div class="controls" hidden><label>metric <select id="metric"></select></label>',
    '<label>slice <select id="slice"></select></label></div>',
    ...(others === undefined ? [] : [othersPart(figures.length, others)]),
    legendPart(view),
    `<div class="decide"><div><div id="stage">${first}</div>`,
    ...(rest.length === 0
      ? []
      : [
          `<details class="others" id="others"><summary>Other metrics and slices (${rest.length})</summary>${rest.join('\n')}</details>`,
        ]),
    '</div>',
    multiplesPart(view),
    '</div>',
  ].join('\n');
  return { html, draws: others !== undefined };
}

/** Says which curves stand here where the page has no room for all, and holds the others for its script. */
function othersPart(shown: number, { charts, tiers }: Packed): string {
  const left = charts.length - shown;
  const bytes = deflateSync(JSON.stringify({ charts, tiers }), { level: 9 });
  return (
    `<p class="soft" id="left">Without a script, here are the ${shown} curves of the most urgent cells and of all rows; ` +
    `${left.toLocaleString('en-US')} more, of cells that are less urgent, are in report.json.</p>` +
    `<template id="curves">${bytes.toString('base64')}</template>`
  );
}

/** All curves drawn; where they are too many the most urgent, every metric on all rows among them, and the others. */
function shownOf({ curves, production, cells }: View): {
  readonly figures: readonly string[];
  readonly others?: Packed;
} {
  const lines = curves.filter(hasLine);
  const whole = new Set(lines.filter(({ slice }, i) => i === 0 || slice === 'all rows'));
  const order = [...whole, ...lines.filter((chart) => !whole.has(chart))];
  const all = drawn(order, production, Math.max(LEAST, PAGE - CELL * cells.length));
  const inOrder = (figures: ReadonlyMap<Chart, string>) => lines.flatMap((chart) => figures.get(chart) ?? []);
  if (all.size === lines.length) return { figures: inOrder(all) };
  const ahead = drawn(order, production, AHEAD);
  const charts = lines.map((chart) => (ahead.has(chart) ? 0 : packed(chart)));
  return { figures: inOrder(ahead), others: { charts, tiers: packedTiers(production) } };
}

/** As many of the first curves as fit into so many bytes, one at least. */
function drawn(order: readonly Chart[], tiers: readonly Tier[], budget: number): Map<Chart, string> {
  const figures = new Map<Chart, string>();
  let size = 0;
  for (const chart of order) {
    const figure = figureOf(chart, tiers);
    size += figure.length;
    if (size > budget && figures.size > 0) break;
    figures.set(chart, figure);
  }
  return figures;
}

function legendPart({ curves, production }: View): string {
  const swatch = (mark: string) => `<svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true">${mark}</svg>`;
  const has = (of: (chart: Chart) => boolean) => curves.some(of);
  const entries = [
    `${swatch(rect(0, 2, 26, 10, 'band') + line(0, 7, 26, 7, 'curve'))}change, with the one-sided bounds that a pass must clear`,
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
  const meant = has(isSplit) ? `<p class="soft">${capital(PARTS_MEAN)}.</p>` : '';
  return `<ul class="legend">${entries.map((entry) => `<li>${entry}</li>`).join('')}</ul>${meant}`;
}

function tiersInWords(tiers: readonly Tier[]): string {
  const names = tiers.slice(0, 5).map(({ name }) => escapeHtml(name));
  return tiers.length > 5 ? `${names.join(', ')} and ${tiers.length - 5} more` : names.join(', ');
}

/** A metric slice by slice, as a page shows it. */
interface Multiples {
  readonly metric: string;
  readonly figures: readonly string[];
}

/**
 * Every metric on every slice, those that decide first, all of a metric on one scale. That of the first curve is shown;
 * the page's script shows that of the metric which is chosen. Where room is short, fewer of the others stand here.
 */
function multiplesPart({ curves, cells }: View): string {
  const [first, ...others] = [...grouped(curves, ({ metric }) => metric)].map(([metric, own]) =>
    multiplesOf(metric, own.slice(0, MOST_MULTIPLES)),
  );
  if (!first) return '';
  const room = Math.max(0, PAGE - CELL * cells.length) / (ROOM_OF_OTHERS * Math.max(1, others.length));
  const all = [first, ...others.map((one) => upTo(one, room))].filter(({ figures }) => figures.length > 1);
  if (all.length === 0) return '';
  return [
    '<div class="multiples">',
    ...all.map((one) => multiplesSection(one, one.metric === first.metric)),
    '</div>',
  ].join('\n');
}

function multiplesOf(metric: string, own: readonly Chart[]): Multiples {
  const domain = sharedDomain(own);
  return { metric, figures: own.map((chart) => multiple(chart, domain)).filter((figure) => figure !== '') };
}

/** As many of the first as so many bytes hold. */
function upTo({ metric, figures }: Multiples, bytes: number): Multiples {
  let size = 0;
  const held = figures.findIndex((figure) => {
    size += figure.length;
    return size > bytes;
  });
  return { metric, figures: held < 0 ? figures : figures.slice(0, held) };
}

function multiplesSection({ metric, figures }: Multiples, shown: boolean): string {
  const rest = figures.slice(MULTIPLES);
  return [
    `<section data-m="${escapeHtml(metric)}"${shown ? '' : ' hidden'}>`,
    `<h3>${escapeHtml(metric)} slice by slice, most urgent first</h3>`,
    `<div class="grid">${figures.slice(0, MULTIPLES).join('')}</div>`,
    ...(rest.length === 0
      ? []
      : [`<details><summary>${rest.length} more slices</summary><div class="grid">${rest.join('')}</div></details>`]),
    '</section>',
  ].join('\n');
}

function multiple(chart: Chart, domain: readonly [number, number]): string {
  const drawn = spark(chart, domain);
  if (drawn === '') return '';
  const production = chart.points.find(({ pure }) => !pure);
  const icon = chart.mark ? `<span class="c-${chart.mark}">${ICONS[chart.mark]}</span> ` : '';
  const at = production ? ` <span class="soft">${escapeHtml(production.label)}</span>` : '';
  return `<figure><figcaption>${icon}${breakable(chart.slice)}${at}</figcaption>${drawn}</figure>`;
}
