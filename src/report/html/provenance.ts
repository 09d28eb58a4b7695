/** The record: the lines that judged, and all that the verdict rests on. */

import { capital, list } from '../../lib/text.js';
import { countsInWords } from '../forest-text.js';
import { escapeHtml } from '../html-text.js';
import type { RuleView, View, ViewTable } from '../view/model.js';
import { sectionsOf } from '../view/view.js';
import { sectionPart } from './blocks.js';
import type { Labels } from './labels.js';
import { tablePart } from './tables.js';

export function provenancePart(view: View, labels: Labels): string {
  const { head, footing, digests, rules, notes } = view;
  const rests = [...footing, digests.join(', ')].map((sentence) => `${capital(sentence)}.`).join(' ');
  return [
    ...(notes.length > 0
      ? [`<h2>Notes</h2>\n<ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`]
      : []),
    '<h2>What it rests on</h2>',
    `<p>${escapeHtml(rests)} ${escapeHtml(head.program)}.</p>`,
    ...(rules.length > 0 ? [tablePart(judgedLines(rules), 'The policy’s lines, as they were judged', labels)] : []),
    ...sectionsOf(view, ['production', 'checkpoints']).map((section) =>
      sectionPart({ ...section, folded: true }, labels),
    ),
  ].join('\n');
}

/** One row a rule, in the order of the policy. */
function judgedLines(rules: readonly RuleView[]): ViewTable {
  const inOrder = rules.toSorted((a, b) => a.check.localeCompare(b.check) || a.rule - b.rule);
  return {
    details: `The policy’s lines, as they were judged (${rules.length})`,
    columns: ['line', 'rule', 'asked at', 'on slices', 'level', 'cells'].map((title) => ({ title })),
    rows: inOrder.map(({ line, metric, allowed, cells, counts, required, waived }) => {
      const slices = [
        ...new Set(
          cells.map(({ slice }) =>
            slice
              .split(', ')
              .map((part) => part.split('=')[0])
              .join(' × '),
          ),
        ),
      ];
      return {
        cells: [
          line,
          `${metric} ${allowed}`,
          list([...new Set(cells.map(({ at }) => at))].toSorted()),
          list(slices),
          waived ? 'waived' : required ? 'fail' : 'warn',
          countsInWords(counts),
        ],
      };
    }),
  };
}
