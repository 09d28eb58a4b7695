/** The verdict in one sentence, what to do first, and how many cells there are of each kind. */

import type { Verdict } from '../../checks/check-report.js';
import { capital, plural } from '../../lib/text.js';
import { countsBar } from '../charts/counts.js';
import { escapeHtml } from '../html-text.js';
import type { View } from '../view/model.js';
import { sectionsOf } from '../view/view.js';
import { CELLS, ICONS, VERDICT_ICONS } from '../view/words.js';
import { commandPart, listPart } from './blocks.js';

export function openingPart(view: View): string {
  const { verdict, word, headline, release, live, policy, policyAt } = view.head;
  return [
    `<header><span class="badge ${verdict}">${VERDICT_ICONS[verdict]} ${word}</span>`,
    `<h1>${escapeHtml(release)} ${escapeHtml(live)}</h1>`,
    `<p class="headline">${escapeHtml(headline)}</p>`,
    firstPart(view),
    `<p class="soft">Judged by ${escapeHtml(policy)} (${escapeHtml(policyAt)}).</p></header>`,
    countsPart(view),
  ].join('\n');
}

/** The recommended option; the others are folded up beneath it. */
function firstPart(view: View): string {
  const items = sectionsOf(view, ['options']).flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'list' ? block.items : [])),
  );
  const [first, ...others] = items;
  if (!first) return '';
  const rest =
    others.length === 0
      ? ''
      : `<details><summary>What else would help (${others.length})</summary>${listPart(others)}</details>`;
  return (
    `<div class="first"><p><strong>Do first (${escapeHtml(first.term)}):</strong> ${escapeHtml(first.text)}.</p>${commandPart(first.command)}</div>` +
    rest
  );
}

const NAMED: Readonly<Record<Verdict, readonly [string, string]>> = {
  fail: ['fails', 'fail'],
  inconclusive: ['is inconclusive', 'are inconclusive'],
  pass: ['passes', 'pass'],
};

function countsPart({ cells }: View): string {
  if (cells.length === 0) return '';
  const of = (mark: Verdict) => cells.filter((cell) => cell.mark === mark).length;
  const counts = { fail: of('fail'), inconclusive: of('inconclusive'), pass: of('pass') };
  const required = cells.filter((cell) => cell.required).length;
  const words = (['fail', 'inconclusive', 'pass'] as const).map(
    (mark) =>
      `<span class="c-${mark}">${ICONS[mark]} ${counts[mark].toLocaleString('en-US')} ${NAMED[mark][counts[mark] === 1 ? 0 : 1]}</span>`,
  );
  const label = `${counts.fail} fail, ${counts.inconclusive} are inconclusive, ${counts.pass} pass`;
  const whole = `of ${plural(cells.length, 'cell')}${required < cells.length ? `, ${required.toLocaleString('en-US')} of them required` : ''}`;
  return (
    `<p class="tally">${words.join(' · ')} <span class="soft">${whole}: a cell is one rule on one slice at one ` +
    `version distance</span></p>${countsBar(counts, capital(label))}`
  );
}

/** `✗ fails`: what a mark says, for whoever does not see its colour. */
export function toldMark(mark: Verdict): string {
  return `${ICONS[mark]} ${CELLS[mark].one}`;
}
