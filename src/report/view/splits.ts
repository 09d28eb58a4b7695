/** The gap on parts of the rows: where it lies in a sentence a column, and the figures behind it. */

import type { Split, SplitPart } from '../../verdict/diagnosis/diagnosis.js';
import { formatBounded, formatDelta, formatSize, formatValue } from '../../verdict/format.js';
import type { Block, Row, ViewTable } from './model.js';
import { ABSENT } from './words.js';

export function splitBlocks(splits: readonly Split[] = []): Block[] {
  if (splits.length === 0) return [];
  return [
    { kind: 'list', items: splits.map(({ by, reading }) => ({ term: `by ${inWords(by)}`, text: reading })) },
    { kind: 'table', table: tableOf(splits) },
  ];
}

/** `served_version` as `served version`. */
function inWords(by: string): string {
  return by.replaceAll('_', ' ');
}

function tableOf(splits: readonly Split[]): ViewTable {
  return {
    details: 'The gap on parts of the rows, as production weighs them',
    columns: [
      { title: 'by', role: 'group' },
      { title: 'rows of' },
      { title: 'rows', align: 'right' },
      { title: 'share', align: 'right' },
      { title: 'gain offline', align: 'right' },
      { title: 'gain online', align: 'right' },
      { title: 'gap' },
      { title: 'beyond the rest' },
      { title: 'part of the gap', align: 'right' },
    ],
    rows: splits.flatMap(({ by, parts, mix }) => [
      ...parts.map((part) => rowOf(inWords(by), part)),
      ...(mix === undefined ? [] : [mixRow(inWords(by), mix)]),
    ]),
  };
}

function rowOf(by: string, { value, values, rows, share, offline, online, gap, excess, contribution }: SplitPart): Row {
  return {
    cells: [
      by,
      values === undefined ? value : `${value} (together)`,
      rows.toLocaleString('en-US'),
      formatSize(share, 'relative'),
      formatDelta(offline, 'absolute'),
      formatDelta(online, 'absolute'),
      formatBounded(gap),
      formatBounded(excess),
      contribution === null ? ABSENT : formatValue(contribution),
    ],
  };
}

/** The change of the gain that production's weights make is no part's own. */
function mixRow(by: string, mix: number): Row {
  return { cells: [by, 'the weights of production alone', '', '', '', '', '', '', formatValue(mix)] };
}
