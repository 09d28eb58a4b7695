/** The view on a terminal: verdict first, then what failed where and by how much, the curve, then the rest. */
import { capital, inert, printable } from '../lib/text.js';
import { bars } from './bars.js';
import { wrap } from './columns.js';
import { type Paint, PLAIN } from './paint.js';
import { textTable } from './text-table.js';
import { waterfallLines } from './text-waterfall.js';
import type { Block, Head, SectionKind, View, ViewSection } from './view/model.js';
import { sectionsOf } from './view/view.js';
import { BOUNDS, USED, VERDICT_ICONS } from './view/words.js';

/**
 * The order of the sections, from above: a terminal is read from its end, where the options and figures stand that one
 * comes back to.
 */
const ORDER: readonly SectionKind[] = [
  'failed',
  'inconclusive',
  'curve',
  'drift',
  'beside',
  'tonight',
  'waterfall',
  'gap',
  'next',
  'since',
  'queries',
  'waived',
  'options',
  'passed',
  'production',
];

/** Columns where nobody says how many there are: a job's log, a pipe. */
export const COLUMNS = 140;
/** Fewer are taken as these. */
const FEWEST = 40;

/** @param columns of the terminal, which no line is longer than; left out: lines are as long as they are */
export function renderText(
  view: View,
  paint: Paint = PLAIN,
  columns: number = Number.POSITIVE_INFINITY,
  folder?: string,
): string {
  const { head, notes, footing, digests } = view;
  const width = Math.max(FEWEST, columns);
  const rests = `  ${[...footing.map(inert), digests.join(', ')].join('; ')}`;
  const lines = [
    ...opening(head, paint, width),
    ...sectionsOf(view, ORDER).flatMap((section) => sectionLines(section, { paint, width, folder })),
    '',
    ...notes.flatMap((note) => wrap(`  note: ${printable(note, 400)}`, width, '  ').map(paint.yellow)),
    ...(view.used === '' ? [] : wrap(`  ${inert(view.used)}`, width, '  ').map(paint.dim)),
    ...wrap(rests, width, '  ').map(paint.dim),
    ...(folder === undefined
      ? []
      : wrap(`  written to ${printable(folder, 300)}: report.html, summary.md, report.json`, width, '  ')),
  ];
  return `${lines.join('\n')}\n`;
}

function opening(head: Head, paint: Paint, width: number): string[] {
  const { verdict, word, headline, release, live, policy, policyAt } = head;
  const badge = `${VERDICT_ICONS[verdict]} ${word.toUpperCase()}`;
  const colour = { ready: paint.green, not_ready: paint.red, inconclusive: paint.yellow }[verdict];
  const judged = `${badge}  ${printable(release)} ${printable(live)}, judged by ${printable(policy)} (${printable(policyAt, 300)})`;
  const [first = '', ...others] = wrap(judged, width, '  ');
  return [
    colour(paint.bold(badge)) + first.slice(badge.length),
    ...others,
    ...wrap(`  ${inert(headline)}`, width, '  '),
  ];
}

/** The terminal that lines are laid out for, and the folder that the report was written to. */
interface Laying {
  readonly paint: Paint;
  readonly width: number;
  readonly folder: string | undefined;
}

function sectionLines({ title, mark, minor, blocks }: ViewSection, laying: Laying): string[] {
  if (minor) return [];
  const { paint, width } = laying;
  const [first] = blocks;
  const colour = mark
    ? { fail: paint.red, inconclusive: paint.yellow, pass: paint.green }[mark]
    : (text: string) => text;
  const said = first === undefined ? '' : saidBy(first);
  const [line = '', ...others] = wrap(printable(title, 300) + said, width, '  ');
  const titled = line.slice(0, printable(title, 300).length);
  return [
    '',
    colour(paint.bold(titled)) + paint.dim(line.slice(titled.length)),
    ...others.map(paint.dim),
    ...blocks.flatMap((block) => blockLines(block, laying, first?.kind === 'chart')),
  ];
}

/** After a title: what a chart shows, and what the bounds of cells are for, as their table has no header. */
function saidBy(first: Block): string {
  if (first.kind === 'chart') return `: ${inert(first.chart.what)}`;
  if (first.kind !== 'table' || !first.table.selfEvident) return '';
  const bounds = first.table.columns.find(({ title }) => title === BOUNDS.pass || title === BOUNDS.fail);
  return bounds ? `, with ${bounds.title} and the ${USED} (how: at the end)` : '';
}

/** Says where the rows are that are not shown. */
function restOf(folder: string | undefined): string | undefined {
  return folder === undefined ? undefined : `in ${printable(folder, 300)}/report.json`;
}

/** @param charted a chart says in its own lines where a rule is asked */
function blockLines(block: Block, { paint, width, folder }: Laying, charted: boolean): string[] {
  switch (block.kind) {
    case 'sentences':
      return charted
        ? []
        : block.sentences.flatMap(({ text, aside }) => {
            const lines = wrap(`  ${capital(inert(text))}.`, width, '  ');
            return aside ? lines.map(paint.dim) : lines;
          });
    case 'list':
      return block.items.flatMap(({ term, text, command }) => [
        ...wrap(`  ${inert(term)}: ${inert(text)}.`, width, '    '),
        ...(command === undefined ? [] : [`    ${inert(command)}`]),
      ]);
    case 'table':
      return block.table.details === undefined ? textTable(block.table, paint, width, restOf(folder)) : [];
    case 'chart':
      return bars(block.chart, paint, width);
    case 'waterfall':
      return waterfallLines(block.waterfall, paint, width);
    case 'code':
      return [
        ...(block.title === undefined ? [] : wrap(`  ${inert(block.title)}`, width, '  ')),
        ...block.text
          .split('\n')
          .flatMap((line) => wrap(`    ${inert(line)}`, width, '      '))
          .map(paint.dim),
      ];
  }
}
