/** summary.md: the view as a job summary, within GitHub's limits, the curve and the failing cells first. */
import { grouped } from '../lib/grouped.js';
import { capital } from '../lib/text.js';
import { forestTable } from './forest-text.js';
import { escapeHtml } from './html-text.js';
import { escapeMarkdown, itemInMarkdown, table as rowsOf } from './markdown.js';
import { mermaidChart } from './mermaid.js';
import { PLAIN } from './paint.js';
import { picturesOfSummary } from './pictures-link.js';
import { waterfallLines } from './text-waterfall.js';
import type { Block, Head, Mark, Row, SectionKind, View, ViewSection, ViewTable } from './view/model.js';
import { tiersOf } from './view/tiers.js';
import { sectionsOf } from './view/view.js';

/** A job summary may hold 1 MiB a step, a check run's 65,535 characters; the smaller limit serves both. */
export const SUMMARY_LIMIT = 65_535;

const BEFORE_RULES: readonly SectionKind[] = ['options', 'waived', 'policy-edit', 'comparison-edit'];
const AFTER_RULES: readonly SectionKind[] = [
  'curve',
  'failed',
  'inconclusive',
  'drift',
  'beside',
  'tonight',
  'waterfall',
  'gap',
  'next',
  'since',
  'passed',
  'queries',
  'production',
];

/** Rows of one table before the rest is counted, and rows of cells before the rest is folded up. */
const MAX_ROWS = 100;
const WORST = 10;
/** Shared reasons that are named beneath a table, and the rows that are named with each. */
const MAX_REASONS = 10;
const MAX_NAMED = 3;

export const BADGES = { ready: '✅', not_ready: '❌', inconclusive: '⚠️' } as const;

const ICONS: Readonly<Record<Mark, string>> = {
  pass: '✅',
  fail: '❌',
  inconclusive: '⚠️',
  sufficient: '🔴',
  contributing: '🟠',
  ruled_out: '🟢',
  not_tested: '⬜',
  no_gap: '⚪',
};

/** @param runUrl the page of the run, whose artifacts have the folder of the report where a workflow keeps it */
export function renderSummary(view: View, runUrl?: string): string {
  const { head, notes, footing, digests, rules } = view;
  const footer = [
    ...notes.map((note) => `> ${escapeMarkdown(note)}\n`),
    [...footing.map(escapeMarkdown), digests.join(', ')].map((sentence) => `${capital(sentence)}.`).join(' '),
  ].join('\n');
  const parts = (kinds: readonly SectionKind[]) => sectionsOf(view, kinds).map((section) => sectionPart(section, view));
  return fitParts([
    opening(head),
    ...parts(BEFORE_RULES),
    ...(rules.length > 0 ? [forestPart(view)] : []),
    ...parts(AFTER_RULES),
    footer,
    picturesOfSummary({ run: runUrl }),
  ]);
}

function forestPart({ rules, used }: View): string {
  return [
    '### By how much: the worst cell of each rule, in margins',
    markdownTable(forestTable(rules), MAX_ROWS),
    `${escapeMarkdown(capital(used))}.`,
  ].join('\n\n');
}

/** Whole parts from the top while they fit; what is left out is said. */
function fitParts(parts: readonly string[]): string {
  const rest = '_The rest did not fit here: the full tables are in report.json._';
  let text = '';
  for (const part of parts) {
    if (text.length + part.length + rest.length + 4 > SUMMARY_LIMIT) return `${text}\n${rest}\n`;
    text += text === '' ? part : `\n\n${part}`;
  }
  return `${text}\n`;
}

function opening({ verdict, word, headline, release, live, policy, policyAt }: Head): string {
  return [
    `## ${BADGES[verdict]} ${word}: ${escapeMarkdown(release)} ${escapeMarkdown(live)}`,
    `**${escapeMarkdown(headline)}**`,
    `Judged by ${escapeMarkdown(policy)} (${escapeMarkdown(policyAt)}).`,
  ].join('\n\n');
}

function sectionPart(section: ViewSection, view: View): string {
  const { title, kind, blocks } = section;
  const folded = section.folded || (kind === 'inconclusive' && view.head.verdict === 'not_ready');
  const cells = kind === 'failed' || kind === 'inconclusive';
  const body = blocks.flatMap((block) =>
    cells && !folded && block.kind === 'table' ? worstFirst(block.table) : [blockPart(block, view)],
  );
  const drawn = body.filter((part) => part !== '');
  return folded ? fold(title, drawn.join('\n\n')) : [`### ${escapeMarkdown(title)}`, ...drawn].join('\n\n');
}

/** The worst cells, and the others folded up. */
function worstFirst(table: ViewTable): string[] {
  const { rows } = table;
  const rest = rows.slice(WORST);
  const first = markdownTable({ ...table, rows: rows.slice(0, WORST) }, WORST);
  if (rest.length === 0) return [first];
  return [
    first,
    fold(`${rest.length.toLocaleString('en-US')} more`, markdownTable({ ...table, rows: rest }, MAX_ROWS)),
  ];
}

function fold(title: string, body: string): string {
  return ['<details><summary>', escapeMarkdown(title), '</summary>', '', body, '', '</details>'].join('\n');
}

function blockPart(block: Block, view: View): string {
  switch (block.kind) {
    case 'sentences':
      return block.sentences.map(({ text }) => `${escapeMarkdown(capital(text))}.`).join('\n\n');
    case 'list':
      return block.items.map(itemInMarkdown).join('\n');
    case 'table': {
      const { details } = block.table;
      const drawn = markdownTable(block.table, MAX_ROWS);
      return details === undefined ? drawn : fold(details, drawn);
    }
    case 'chart':
      return [
        mermaidChart(block.chart, tiersOf(block.chart, view.production)),
        fold('The curve in figures', markdownTable(block.table, MAX_ROWS)),
      ]
        .filter((part) => part !== '')
        .join('\n\n');
    case 'waterfall':
      return waterfallPart(block);
    case 'code':
      return codePart(block);
  }
}

/** Bars in characters, as GitHub's Mermaid has no bar that starts above 0; then the figures with their bounds. */
function waterfallPart({ waterfall, table }: Extract<Block, { kind: 'waterfall' }>): string {
  const drawn = escapeHtml(waterfallLines(waterfall, PLAIN).join('\n'), true);
  return [`<pre>${drawn}</pre>`, fold('In figures, with bounds', markdownTable(table, MAX_ROWS))].join('\n\n');
}

/** Text that is none of ours stands in `pre`, where neither Markdown nor a mention or reference takes effect. */
function codePart({ title, language, text }: Extract<Block, { kind: 'code' }>): string {
  const code = language === undefined ? `<pre>${escapeHtml(text, true)}</pre>` : `\`\`\`${language}\n${text}\n\`\`\``;
  return title === undefined ? code : `${escapeMarkdown(title)}\n\n${code}`;
}

/** Reasons of rows, each once, with the rows that have it. */
function reasonsOf({ columns }: ViewTable, shown: readonly Row[]): string[] {
  const told = columns.flatMap(({ role }, index) => (role === 'reason' ? [index] : []));
  const stated = told.flatMap((index) => shown.map((row) => ({ reason: row.cells[index] ?? '', row })));
  const byReason = [...grouped(stated, ({ reason }) => reason)].filter(([reason]) => reason !== '');
  const lines = byReason.slice(0, MAX_REASONS).map(([reason, own]) => {
    const mark = own[0]?.row.mark;
    const names = [...new Set(own.flatMap(({ row }) => row.name ?? []))];
    const rest = names.length - MAX_NAMED;
    const named = [...names.slice(0, MAX_NAMED), ...(rest > 0 ? [`${rest} more`] : [])].map(escapeMarkdown);
    const whose = named.length === 0 ? '' : `**${named.join('; ')}**: `;
    return `- ${mark ? `${ICONS[mark]} ` : ''}${whose}${escapeMarkdown(reason)}`;
  });
  const left = byReason.length - lines.length;
  return left > 0 ? [...lines, `- … and ${left} more reasons, in report.json`] : lines;
}

/** A table; reasons that rows share stand beneath it once, and what is left out is counted. */
export function markdownTable(table: ViewTable, limit: number): string {
  const columns = table.columns.map((column, index) => ({ ...column, index }));
  const beside = columns.filter(({ role }) => role !== 'reason');
  const shown = table.rows.slice(0, limit);
  const cell = ({ mark, cells }: Row, { role, index }: (typeof columns)[number]) => {
    const text = cells[index] || '–';
    return mark && (role === 'verdict' || role === 'told') ? `${ICONS[mark]} ${text}` : text;
  };
  const beneath = reasonsOf(table, shown);
  return [
    rowsOf(
      beside.map(({ title }) => title),
      shown.map((row) => beside.map((column) => cell(row, column))),
    ),
    ...(table.rows.length > limit ? [`… and ${table.rows.length - limit} more, in report.json.`] : []),
    ...(beneath.length > 0 ? [beneath.join('\n')] : []),
    ...(table.note === undefined ? [] : [`${escapeMarkdown(capital(table.note))}.`]),
  ].join('\n\n');
}
