/** A check run and a comment say the verdict and the one number that decided it, then the summary. */
import { printable } from '../lib/text.js';
import { escapeMarkdown, itemInMarkdown } from './markdown.js';
import { picturesOfComment } from './pictures-link.js';
import { BADGES, markdownTable } from './summary.js';
import { cellTable } from './view/cell-rows.js';
import type { View } from './view/model.js';

/** Verdicts of cells by that of the run which rests on them. */
const DECIDES = { ready: 'pass', not_ready: 'fail', inconclusive: 'inconclusive' } as const;

/**
 * `Not ready: log_loss +2.31 % at production on tier=large (max_increase 1 %)`; of a pass the cell that came nearest to
 * its margin. Where no cell decided (a gap, an A/B), the figures of the headline.
 */
export function renderTitle({ head, cells }: View): string {
  const decided = cells.find(({ required, mark }) => required && mark === DECIDES[head.verdict]);
  if (!decided) return `${head.word}: ${figuresOf(head.headline)}`;
  const cell = `${decided.metric} ${decided.measured}${decided.where} (${decided.allowed})`;
  return `${head.word}: ${head.verdict === 'ready' ? 'nearest to its margin is ' : ''}${cell}`;
}

/** A headline up to its first semicolon: what decided, without what explains it. */
function figuresOf(headline: string): string {
  return printable(headline.split('; ')[0] ?? headline, 200).replace(/\.$/, '');
}

/** Cells and options of a comment that are named before the rest is counted. */
const LIMITS = { rows: 10, options: 4 };

/** Short: what a reviewer needs, and where the rest is. */
export function renderComment(view: View, detailsUrl: string | undefined): string {
  const { head } = view;
  const [policy, release, live] = [head.policy, head.release, head.live].map(escapeMarkdown);
  return [
    `### ${BADGES[head.verdict]} ${policy} / ${release} ${live}: ${head.word.toLowerCase()}`,
    ...essentials(view, LIMITS),
    picturesOfComment({ run: detailsUrl }),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/**
 * The headline, what would help, and the cells that do not pass, as paragraphs of Markdown: inert also where the
 * report's own names are hostile.
 */
export function essentials(
  { head, cells, sections }: Pick<View, 'head' | 'cells' | 'sections'>,
  limits: { readonly rows: number; readonly options: number },
): string[] {
  const open = cells.filter(({ mark }) => mark !== 'pass');
  const listed = (wanted: 'options' | 'waived') =>
    sections
      .filter(({ kind }) => kind === wanted)
      .flatMap(({ blocks }) => blocks)
      .flatMap((block) => (block.kind === 'list' ? block.items : []))
      .slice(0, limits.options);
  return [
    `**${escapeMarkdown(head.headline)}**`,
    ...listed('options').map(itemInMarkdown),
    ...listed('waived').map(({ term, text }) => `- waiver of **${escapeMarkdown(term)}**: ${escapeMarkdown(text)}.`),
    ...(open.length > 0 ? [markdownTable(cellTable(open), limits.rows)] : []),
  ];
}
