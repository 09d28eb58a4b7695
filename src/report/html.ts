/**
 * report.html: the whole view on one page that needs nothing else. Every string is escaped, and the page may run no
 * script and load nothing.
 */
import { capital } from '../lib/text.js';
import { escapeHtml, STYLE } from './html-text.js';
import { svgChart } from './svg.js';
import type { Block, Head, Row, SectionKind, View, ViewSection, ViewTable } from './view/model.js';
import { sectionsOf } from './view/view.js';
import { svgWaterfall } from './waterfall-svg.js';

const ORDER: readonly SectionKind[] = [
  'options',
  'policy-edit',
  'comparison-edit',
  'curve',
  'failed',
  'inconclusive',
  'drift',
  'beside',
  'tonight',
  'waterfall',
  'gap',
  'since',
  'queries',
  'passed',
  'production',
  'checkpoints',
];

export function renderHtml(view: View): string {
  const { head, notes, footing, digests } = view;
  const title = `${head.word}: ${escapeHtml(head.release)} ${escapeHtml(head.live)}`;
  const rests = [...footing, digests.join(', ')].map((sentence) => `${escapeHtml(capital(sentence))}.`).join(' ');
  const body = [
    ...opening(head, title),
    ...sectionsOf(view, ORDER).map(sectionPart),
    ...(notes.length > 0
      ? [`<h2>Notes</h2>\n<ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`]
      : []),
    `<p class="soft">${rests} ${escapeHtml(head.program)}.</p>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
${body.join('\n')}
</body>
</html>
`;
}

function opening({ verdict, headline, policy, policyAt }: Head, title: string): string[] {
  return [
    `<h1 class="${verdict}">${title}</h1>`,
    `<p class="headline">${escapeHtml(headline)}</p>`,
    `<p class="soft">Judged by ${escapeHtml(policy)} (${escapeHtml(policyAt)}).</p>`,
  ];
}

function sectionPart({ title, blocks }: ViewSection): string {
  return `<h2>${escapeHtml(title)}</h2>\n${blocks.map(blockPart).join('')}`;
}

function blockPart(block: Block): string {
  switch (block.kind) {
    case 'sentences':
      return block.sentences
        .map(({ text, aside }) => `<p${aside ? ' class="soft"' : ''}>${escapeHtml(capital(text))}.</p>`)
        .join('');
    case 'list': {
      const items = block.items.map(
        ({ term, text }) => `<li><strong>${escapeHtml(term)}</strong>: ${escapeHtml(text)}.</li>`,
      );
      return `<ul>${items.join('')}</ul>`;
    }
    case 'table':
      return tablePart(block.table);
    case 'chart':
      return svgChart(block.chart) + tablePart(block.table);
    case 'waterfall':
      return svgWaterfall(block.waterfall) + tablePart(block.table);
    case 'code': {
      const title = block.title === undefined ? '' : `<h3>${escapeHtml(block.title)}</h3>`;
      return `${title}<pre>${escapeHtml(block.text, true)}</pre>`;
    }
  }
}

function tablePart({ columns, rows }: ViewTable): string {
  const head = columns.map(({ title }) => `<th>${escapeHtml(title)}</th>`).join('');
  const body = rows.map((row) => rowPart(row, columns));
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function rowPart({ mark, cells }: Row, columns: ViewTable['columns']): string {
  const drawn = cells.map((cell, i) => {
    const role = columns[i]?.role;
    const marked = mark !== undefined && (role === 'verdict' || role === 'told');
    return `<td${marked ? ' class="verdict"' : ''}>${escapeHtml(cell)}</td>`;
  });
  return `<tr${mark === undefined ? '' : ` class="${mark}"`}>${drawn.join('')}</tr>`;
}
