/** Rows that were scored offline and never served: what they are worth, and of which log sources they are. */

import { list, plural, printable } from '../../lib/text.js';
import type { JoinedRows, JoinStep, Joins } from '../../verdict/diagnosis/joins.js';
import { formatBounded, formatDelta } from '../../verdict/format.js';
import type { Block, Sentence } from './model.js';

/** Log sources that a sentence names. */
const NAMED = 4;

/** Empty where nobody says that other rows were scored than served. */
export function joinsBlocks(joins: Joins | undefined): Block[] {
  if (!joins) return [];
  const { rows = [] } = joins;
  const bySource = rows.some(({ logSource }) => logSource !== undefined);
  return [
    { kind: 'sentences', sentences: [...joins.steps.map((step) => stepInWords(step, joins)), ...lossesInWords(rows)] },
    ...(bySource ? [tableOf(rows)] : []),
  ];
}

function stepInWords(step: JoinStep, joins: Joins): Sentence {
  const { scored, served, reported } = joins;
  const total = (key: 'scored' | 'served') => (joins.rows ?? []).reduce((sum, one) => sum + one[key], 0);
  if (step.from === 'scored')
    return {
      text:
        `the gain offline is ${scored ? formatBounded(scored) : 'unknown'} on the ${plural(total('scored'), 'row')} ` +
        `that were scored offline and ${formatBounded(served)} on the ${count(total('served'))} that were served: ` +
        neverServed(step),
    };
  const rest = step.to === 'scored' ? 'that were scored offline' : 'that were served';
  return {
    text:
      `a gain of ${reported === undefined ? 'unknown size' : formatDelta(reported, 'absolute')} was reported: ` +
      `${formatBounded(step)} of it is not on the ledger’s rows ${rest}` +
      (joins.reportedError === false ? ', bounded without the error of what was reported, which is not given' : ''),
  };
}

/** Says what the rows that were never served do to the gain. */
function neverServed(step: JoinStep): string {
  const size = formatBounded(step);
  if (step.lower > 0) return `${size} of it is on rows that were scored offline and never served`;
  if (step.upper < 0) return `those that were scored offline and never served bring it down by ${size}`;
  return `no clear part of it (${size}) is on rows that were scored offline and never served`;
}

/** The log sources that lose most of their rows. */
function lossesInWords(rows: readonly JoinedRows[]): Sentence[] {
  const lost = rows.flatMap(({ logSource, scored, served }) =>
    logSource !== undefined && served < scored ? [{ logSource, served: served / scored }] : [],
  );
  if (lost.length === 0) return [];
  const most = lost.toSorted((a, b) => a.served - b.served);
  const named = most.map(({ logSource, served }) => `${share(served)} of ${printable(logSource, 40)}`);
  return [{ text: `of the rows scored offline were served ${list(named, NAMED)}` }];
}

function tableOf(rows: readonly JoinedRows[]): Block {
  return {
    kind: 'table',
    table: {
      details: 'Rows that were scored offline and served, by log source',
      columns: [
        { title: 'log source' },
        { title: 'scored offline', align: 'right' },
        { title: 'served', align: 'right' },
        { title: 'share served', align: 'right' },
      ],
      rows: rows.map(({ logSource = '', scored, served }) => ({
        cells: [printable(logSource, 60), count(scored), count(served), share(served / scored)],
      })),
    },
  };
}

const count = (n: number) => n.toLocaleString('en-US');
const share = (part: number) => formatDelta(part, 'relative').replace('+', '');
