/** Steps to what would settle a diagnosis, as parts of a sentence. */

import { list } from '../lib/text.js';
import type { NextStep } from './diagnosis/diagnosis.js';

const TAKES: Readonly<Record<NextStep['cost'], string>> = {
  query: 'a query over logs',
  column: 'one more column of the ledger’s join',
  replay: 'a replay',
  experiment: 'an experiment',
};

/** Says what it takes to write. */
export function takesInWords({ cost }: NextStep): string {
  return TAKES[cost];
}

/** `the table mix`, `the ledger`, `the ledger’s columns s2 and s3`, `more rows of the ledger`. */
export function whatToWrite({ what, table, columns }: NextStep): string {
  const named = table === 'ledger' ? 'the ledger' : `the table ${table}`;
  switch (what) {
    case 'table':
      return named;
    case 'rows':
      return `more rows of ${named}`;
    case 'columns':
      return `${named}’s ${columns.length === 1 ? 'column' : 'columns'} ${list(columns)}`;
  }
}

/** `settles feature-parity and version-skew; shows something of label-leakage`; empty of the first of two tables. */
export function tellsInWords({ settles, shows }: NextStep): string {
  return [
    ...(settles.length > 0 ? [`settles ${list(settles)}`] : []),
    ...(shows.length > 0 ? [`shows something of ${list(shows)}`] : []),
  ].join('; ');
}

/** `layer 1, a query over logs: the table mix; settles sampling-bias`. */
export function stepInWords(step: NextStep): string {
  const tells = tellsInWords(step);
  return `layer ${step.layer}, ${takesInWords(step)}: ${whatToWrite(step)}${tells === '' ? '' : `; ${tells}`}`;
}
