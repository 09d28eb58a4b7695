/** Sections of the view as they are, one after the other. */

import { capital } from '../../lib/text.js';
import { escapeHtml } from '../html-text.js';
import type { Block, ListItem, ViewSection } from '../view/model.js';
import { svgWaterfall } from '../waterfall-svg.js';
import { entriesPart } from './hypotheses.js';
import type { Labels } from './labels.js';
import { tablePart } from './tables.js';

export function sectionPart({ title, folded, blocks }: ViewSection, labels: Labels): string {
  const body = blocks.map((block) => blockPart(block, title, labels)).join('');
  return folded
    ? `<details><summary>${escapeHtml(title)}</summary>${body}</details>`
    : `<h2>${escapeHtml(title)}</h2>\n${body}`;
}

/** @param name what a table of it is called */
export function blockPart(block: Block, name: string, labels: Labels): string {
  switch (block.kind) {
    case 'sentences':
      return block.sentences
        .map(({ text, aside }) => `<p${aside ? ' class="soft"' : ''}>${escapeHtml(capital(text))}.</p>`)
        .join('');
    case 'list':
      return listPart(block.items);
    case 'table':
      if (block.table.hypotheses) return entriesPart(block.table);
      return tablePart(block.table, block.table.details ?? name, labels);
    case 'chart':
      return tablePart(block.table, block.table.details ?? name, labels);
    case 'waterfall':
      return (
        svgWaterfall(block.waterfall) +
        tablePart({ ...block.table, details: 'In figures, with bounds' }, `${name}, in figures`, labels)
      );
    case 'code': {
      const title = block.title === undefined ? '' : `<h3>${escapeHtml(block.title)}</h3>`;
      return `${title}<pre>${escapeHtml(block.text, true)}</pre>`;
    }
  }
}

export function listPart(items: readonly ListItem[]): string {
  const rows = items.map(
    ({ term, text, command }) =>
      `<li><strong>${escapeHtml(term)}</strong>: ${escapeHtml(text)}.${commandPart(command)}</li>`,
  );
  return `<ul>${rows.join('')}</ul>`;
}

/** A command on lines of its own. */
export function commandPart(command: string | undefined): string {
  return command === undefined ? '' : `<pre>${escapeHtml(command, true)}</pre>`;
}
