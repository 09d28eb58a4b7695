/** The forest of rules as a table of text. */

import { scaleSymlog } from 'd3-scale';
import { noteOf } from './view/cell-rows.js';
import type { RuleView, ViewTable } from './view/model.js';

/** Characters of a bar. */
const WIDTH = 24;

/** One row a rule: its worst cell and the margin that it uses, with a bar on which `┃` is the margin. */
export function forestTable(rules: readonly RuleView[]): ViewTable {
  const most = Math.max(1.5, ...rules.map(({ cells }) => cells[0]?.used.most ?? 0).filter(Number.isFinite));
  const scale = scaleSymlog()
    .domain([0, Math.min(100, most)])
    .rangeRound([0, WIDTH - 1])
    .clamp(true);
  return {
    columns: [
      { title: 'verdict', role: 'told' },
      { title: 'rule' },
      { title: 'margin used', align: 'right' },
      { title: '0 … ┃ margin … (logarithmic)' },
      { title: 'its worst cell' },
      { title: 'cells' },
      { title: 'policy' },
    ],
    rows: rules.map(({ mark, metric, allowed, counts, line, cells, ...rule }) => {
      // A rule is there for its cells.
      const worst = cells[0]!;
      return {
        mark,
        cells: [
          mark,
          `${metric} ${allowed}${noteOf(rule)}`,
          worst.usedInWords,
          bar(worst.used, scale),
          `${worst.measured}${worst.where}`,
          countsInWords(counts),
          line,
        ],
      };
    }),
  };
}

/** `──━━●━━─┃───`: from the one end of the interval to the other, the estimate on it, the margin in its place. */
function bar({ value, least, most }: RuleView['cells'][number]['used'], scale: (margins: number) => number): string {
  const marks = new Array<string>(WIDTH).fill('─');
  if (Number.isFinite(least) && Number.isFinite(most)) marks.fill('━', scale(least), scale(most) + 1);
  const margin = scale(1);
  // A dot that would stand on the margin stands on its own side of it.
  const at = scale(value);
  if (Number.isFinite(value)) marks[at === margin ? (value > 1 ? margin + 1 : margin - 1) : at] = '●';
  marks[margin] = '┃';
  return marks.join('');
}

/** `8 fail, 2 inconclusive, 1 pass`. */
export function countsInWords({ fail, inconclusive, pass }: RuleView['counts']): string {
  const parts = [
    ...(fail > 0 ? [`${fail} fail`] : []),
    ...(inconclusive > 0 ? [`${inconclusive} inconclusive`] : []),
    ...(pass > 0 ? [`${pass} pass`] : []),
  ];
  return parts.join(', ');
}
