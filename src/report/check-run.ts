/** A check run and a comment say the verdict and the one number that decided it, then the summary. */
import { escapeMarkdown } from './markdown.js';
import { BADGES, markdownTable } from './summary.js';
import { cellTable } from './view/cell-rows.js';
import type { View } from './view/model.js';

/**
 * `Not ready: log_loss +2.31 % at production on tier=large (max_increase 1%)`; of a pass the cell that came nearest to
 * its margin.
 */
export function renderTitle({ head, cells }: View): string {
  const decided = cells.find(({ required }) => required);
  if (!decided) return head.word;
  const cell = `${decided.metric} ${decided.measured}${decided.where} (${decided.allowed})`;
  return `${head.word}: ${head.verdict === 'ready' ? 'nearest to its margin is ' : ''}${cell}`;
}

/** Cells and options named in a comment before the rest is counted. */
const MAX_ROWS = 10;
const MAX_OPTIONS = 4;

/** Short: what a reviewer needs, and where the rest is. */
export function renderComment({ head, cells, sections }: View, detailsUrl: string | undefined): string {
  const open = cells.filter(({ mark }) => mark !== 'pass');
  const options = sections
    .filter(({ kind }) => kind === 'options')
    .flatMap(({ blocks }) => blocks)
    .flatMap((block) => (block.kind === 'list' ? block.items : []));
  const [policy, release, live] = [head.policy, head.release, head.live].map(escapeMarkdown);
  return [
    `### ${BADGES[head.verdict]} ${policy} / ${release} ${live}: ${head.word.toLowerCase()}`,
    `**${escapeMarkdown(head.headline)}**`,
    ...options.slice(0, MAX_OPTIONS).map(({ term, text }) => `- **${escapeMarkdown(term)}**: ${escapeMarkdown(text)}.`),
    ...(open.length > 0 ? [markdownTable(cellTable(open), MAX_ROWS)] : []),
    ...(detailsUrl === undefined ? [] : [`[The whole summary](${detailsUrl})`]),
  ].join('\n\n');
}
