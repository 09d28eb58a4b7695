/** The view on a terminal: verdict first, then what failed where and by how much, the curve, then the rest. */
import { capital, inert, printable } from '../lib/text.js';
import { type Paint, PLAIN } from './paint.js';
import { bars, textTable } from './text-table.js';
import { waterfallLines } from './text-waterfall.js';
import type { Block, Head, SectionKind, View, ViewSection } from './view/model.js';
import { sectionsOf } from './view/view.js';

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
  'options',
  'passed',
  'production',
];

export function renderText(view: View, paint: Paint = PLAIN): string {
  const { head, notes, footing, digests } = view;
  const lines = [
    ...opening(head, paint),
    ...sectionsOf(view, ORDER).flatMap((section) => sectionLines(section, paint)),
    '',
    ...notes.map((note) => paint.yellow(`  note: ${printable(note, 400)}`)),
    paint.dim(`  ${[...footing.map(inert), digests.join(', ')].join('; ')}`),
  ];
  return `${lines.join('\n')}\n`;
}

function opening({ verdict, word, headline, release, live, policy, policyAt }: Head, paint: Paint): string[] {
  const badge = {
    ready: (text: string) => paint.green(paint.bold(`✓ ${text}`)),
    not_ready: (text: string) => paint.red(paint.bold(`✗ ${text}`)),
    inconclusive: (text: string) => paint.yellow(paint.bold(`? ${text}`)),
  }[verdict](word.toUpperCase());
  return [
    `${badge}  ${printable(release)} ${printable(live)}, judged by ${printable(policy)} (${printable(policyAt, 300)})`,
    `  ${inert(headline)}`,
  ];
}

function sectionLines({ title, mark, minor, blocks }: ViewSection, paint: Paint): string[] {
  if (minor) return [];
  const [first] = blocks;
  const colour = mark
    ? { fail: paint.red, inconclusive: paint.yellow, pass: paint.green }[mark]
    : (text: string) => text;
  const said = first?.kind === 'chart' ? paint.dim(`: ${inert(first.chart.what)}`) : '';
  return ['', colour(paint.bold(printable(title, 300))) + said, ...blocks.flatMap((block) => blockLines(block, paint))];
}

function blockLines(block: Block, paint: Paint): string[] {
  switch (block.kind) {
    case 'sentences':
      return block.sentences.map(({ text, aside }) => {
        const line = `  ${capital(inert(text))}.`;
        return aside ? paint.dim(line) : line;
      });
    case 'list':
      return block.items.map(({ term, text }) => `  ${inert(term)}: ${inert(text)}.`);
    case 'table':
      return block.table.details === undefined ? textTable(block.table, paint) : [];
    case 'chart':
      return bars(block.chart, paint);
    case 'waterfall':
      return waterfallLines(block.waterfall, paint);
    case 'code':
      return [
        ...(block.title === undefined ? [] : [`  ${inert(block.title)}`]),
        ...block.text.split('\n').map((line) => paint.dim(`    ${inert(line)}`)),
      ];
  }
}
