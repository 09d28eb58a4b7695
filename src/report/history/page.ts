/** history.html: every release over time on one page that needs nothing else. */

import { capital, plural } from '../../lib/text.js';
import { line, rect } from '../charts/svg.js';
import { Labels } from '../html/labels.js';
import { pageOf } from '../html/page.js';
import { styleOf } from '../html/style.js';
import { tablePart } from '../html/tables.js';
import { escapeHtml } from '../html-text.js';
import { VERDICT_ICONS } from '../view/words.js';
import type { History, PastRun, Timeline } from './model.js';
import {
  causesPicture,
  changePictures,
  coveragePicture,
  evidencePictures,
  gapPicture,
  levelPictures,
  marginPicture,
} from './pictures.js';
import { isWaived, runTable, waiverInWords, wordOf } from './table.js';
import { dayOf } from './timelines.js';

/** Runs of a release that its charts show: the last ones. */
const DRAWN = 40;
/** Runs that are ready by a waiver, listed before the rest is folded up. */
const LISTED = 8;

export function renderHistoryPage({ timelines, left }: History): string {
  const labels = new Labels();
  const runs = timelines.reduce((sum, timeline) => sum + timeline.runs.length, 0);
  return pageOf({
    title: 'Releases over time',
    body: [
      '<div class="history"><h1>Releases over time</h1>',
      `<p>${escapeHtml(capital(`${plural(runs, 'report')} of ${plural(timelines.length, 'release')}`))}. Every figure is the report’s own.</p>`,
      timelines.length > 1 ? indexPart(timelines) : '',
      legendPart(),
      ...timelines.map((timeline, i) => timelinePart(timeline, i, labels)),
      leftPart(left),
      '</div>',
    ],
    style: styleOf(labels),
  });
}

/** A release, with the policy where another one has judged it too. */
function nameOf({ release, policy }: Timeline): string {
  return `${release}, judged by ${policy}`;
}

function indexPart(timelines: readonly Timeline[]): string {
  const items = timelines.map((timeline, i) => {
    const last = timeline.runs.at(-1);
    const state = last ? ` ${badgeOf(last)} ${escapeHtml(`${last.live}, ${dayOf(last)}`)}` : '';
    return `<li><a href="#r${i}">${escapeHtml(nameOf(timeline))}</a>${state}</li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}

function badgeOf(run: PastRun): string {
  return `<span class="badge ${run.verdict}">${VERDICT_ICONS[run.verdict]} ${wordOf(run)}</span>`;
}

/** The runs that are ready by a waiver alone, the last first: who answers for what, and until when. */
function waiversPart(runs: readonly PastRun[]): string {
  const waived = runs.filter(isWaived).toReversed();
  if (waived.length === 0) return '';
  const items = waived.map((run) => {
    const used = run.waivers.filter(({ state }) => state === 'used').map(waiverInWords);
    return `<li><strong>${escapeHtml(run.live)}, ${dayOf(run)}</strong>: ${escapeHtml(used.join('; '))}</li>`;
  });
  return [
    `<h3>Ready only by a waiver: ${waived.length} of ${plural(runs.length, 'run')}</h3>`,
    `<ul>${items.slice(0, LISTED).join('')}</ul>`,
    ...(items.length > LISTED
      ? [`<details><summary>${items.length - LISTED} more</summary><ul>${items.slice(LISTED).join('')}</ul></details>`]
      : []),
  ].join('\n');
}

function legendPart(): string {
  const swatch = (mark: string) => `<svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true">${mark}</svg>`;
  const entries = [
    `${swatch(rect(0, 2, 26, 10, 'band') + line(0, 7, 26, 7, 'curve'))}in production, with the one-sided bounds that a pass must clear`,
    `${swatch(line(0, 7, 26, 7, 'beside'))}beside it: at distance 1, with towers of one version, or as the caption says`,
    `${swatch(rect(0, 0, 26, 7, 'zone') + line(0, 7, 26, 7, 'margin'))}the policy’s margin at that run, and what it forbids`,
  ];
  return `<ul class="legend">${entries.map((entry) => `<li>${entry}</li>`).join('')}</ul>`;
}

function timelinePart(timeline: Timeline, number: number, labels: Labels): string {
  const { release, policy, runs, notices } = timeline;
  const last = runs.at(-1);
  if (!last) return '';
  const drawn = runs.slice(-DRAWN);
  const groups: [string, readonly string[]][] = [
    ['How near to its margins', [marginPicture(drawn), coveragePicture(drawn)]],
    ['How sensitive to skew: change against distance 0, on all rows', changePictures(drawn)],
    ['The metrics themselves, on all rows', levelPictures(drawn)],
    ['The gap between offline and online', [gapPicture(drawn), causesPicture(drawn)]],
    ['Measured on evidence', evidencePictures(drawn)],
  ];
  return [
    `<h2 id="r${number}">${escapeHtml(release)}</h2>`,
    `<p>${badgeOf(last)} ${escapeHtml(last.live)}, ${dayOf(last)}: ${escapeHtml(last.headline)}</p>`,
    `<p class="soft">${escapeHtml(`${plural(runs.length, 'run')} judged by ${policy}, from ${dayOf(runs[0]!)} to ${dayOf(last)}${runs.length > DRAWN ? `; the pictures show the last ${DRAWN}` : ''}`)}.</p>`,
    ...(notices.length === 0
      ? []
      : [`<ul>${notices.map((notice) => `<li>${escapeHtml(capital(notice))}.</li>`).join('')}</ul>`]),
    waiversPart(runs),
    ...groups.map(([title, figures]) => groupPart(title, figures)),
    tablePart(
      { ...runTable(timeline, true), details: `All runs in figures (${runs.length})` },
      `Runs of ${release}`,
      labels,
    ),
  ].join('\n');
}

function groupPart(title: string, figures: readonly string[]): string {
  const drawn = figures.filter((one) => one !== '');
  return drawn.length === 0 ? '' : `<h3>${escapeHtml(title)}</h3>\n<div class="grid time">${drawn.join('')}</div>`;
}

function leftPart(left: History['left']): string {
  if (left.length === 0) return '';
  const items = left.map(({ path, why }) => `<li>${escapeHtml(path)}: ${escapeHtml(why)}</li>`);
  return `<details><summary>Left out (${left.length})</summary><ul>${items.join('')}</ul></details>`;
}
