/** A history in characters and as Markdown: one table a release, the last run first. */

import { capital, inert, plural, printable } from '../../lib/text.js';
import { wrap } from '../columns.js';
import { escapeMarkdown } from '../markdown.js';
import { type Paint, PLAIN } from '../paint.js';
import { markdownTable } from '../summary.js';
import { textTable } from '../text-table.js';
import type { History, Timeline } from './model.js';
import { runTable, wordOf } from './table.js';
import { dayOf } from './timelines.js';

/** Files that are named as left out before the rest is counted. */
const NAMED = 5;

/** Says what stands under the name of a metric. */
const CHANGES =
  '  Under a metric: its change in production against distance 0, on all rows; bounds and distance 1 are in the files of --out.';

const ALL = '--out DIR writes all of them to history.json';

/** @param columns of the terminal, which no line is longer than */
export function renderHistoryText({ timelines, left }: History, paint: Paint = PLAIN, columns = 140): string {
  const lines = [
    ...timelines.flatMap((timeline) => timelineLines(timeline, paint, columns)),
    ...leftLines(left).flatMap((line) => wrap(line, columns, '  ').map(paint.yellow)),
  ];
  return `${lines.join('\n')}\n`;
}

function timelineLines(timeline: Timeline, paint: Paint, columns: number): string[] {
  const { release, policy, notices, runs } = timeline;
  const [first = '', ...others] = wrap(
    `${printable(release)}, judged by ${printable(policy)}: ${plural(runs.length, 'run')}`,
    columns,
    '  ',
  );
  return [
    paint.bold(first),
    ...others,
    ...textTable(runTable(timeline, false), paint, columns, ALL),
    ...(runs.some(({ changes }) => changes.length > 0) ? wrap(CHANGES, columns, '  ').map(paint.dim) : []),
    ...notices.flatMap((notice) => wrap(`  ${capital(inert(notice))}.`, columns, '  ').map(paint.yellow)),
    '',
  ];
}

function leftLines(left: History['left']): string[] {
  if (left.length === 0) return [];
  const named = left.slice(0, NAMED).map(({ path, why }) => `  ${printable(path, 200)}: ${inert(why)}`);
  const rest = left.length - named.length;
  return [`Left out: ${plural(left.length, 'file')}`, ...named, ...(rest > 0 ? [`  … and ${rest} more: ${ALL}`] : [])];
}

export function renderHistoryMarkdown({ timelines, left }: History): string {
  const parts = timelines.flatMap((timeline) => {
    const last = timeline.runs.at(-1);
    return [
      `## ${escapeMarkdown(timeline.release)}`,
      `Judged by ${escapeMarkdown(timeline.policy)}: ${plural(timeline.runs.length, 'run')}.${
        last
          ? ` **${escapeMarkdown(last.live)}, ${dayOf(last)}: ${wordOf(last)}.** ${escapeMarkdown(last.headline)}`
          : ''
      }`,
      ...timeline.notices.map((notice) => `- ${escapeMarkdown(capital(notice))}.`),
      markdownTable(runTable(timeline, true), Number.POSITIVE_INFINITY),
    ];
  });
  const gone = left.map(({ path, why }) => `- ${escapeMarkdown(path)}: ${escapeMarkdown(why)}`);
  return `${['# Releases over time', ...parts, ...(gone.length > 0 ? ['## Left out', gone.join('\n')] : [])].join('\n\n')}\n`;
}
