/** The rows that a step of the ledger falls on: its size by tier, and by version where that is the matter. */

import type { LedgerSums } from '../estimation/ledger/ledger-sums.js';
import { clearlyAbove, type Part, partsOf } from '../estimation/ledger/parts.js';
import { interval } from '../estimation/statistics/noninferiority.js';
import { list, printable } from '../lib/text.js';
import { figuresAlike } from './measurement.js';

/** As many parts are told in a sentence, the largest. */
const TOLD = 4;
const NAMES: ReadonlyMap<string, string> = new Map([
  ['tier', 'tier'],
  ['item_version', 'version of the item'],
]);

/** One sentence a column in which a clear step has several values; none where it is not clear, or lacks a column. */
export function stepFacts(
  sums: LedgerSums | undefined,
  from: string,
  to: string,
  confidence: number,
  columns: readonly string[] = ['tier'],
): string[] {
  if (!sums?.has(from) || !sums.has(to)) return [];
  const difference = sums.differenceOf(from, to);
  return columns.flatMap((name) => {
    const column = sums.units.strata.get(name);
    if (!column) return [];
    const parts = partsOf(sums, column, difference);
    const clear = clearlyAbove(parts, confidence);
    const step = interval(sums.estimate(sums.stepOfGap(from, to)), confidence);
    if (parts.length < 2 || (clear.size === 0 && !(step.lower > 0))) return [];
    const told = parts.toSorted((a, b) => b.share - a.share || (a.value < b.value ? -1 : 1)).slice(0, TOLD);
    const more = parts.length > told.length ? `, of ${parts.length}` : '';
    return [`by ${NAMES.get(name) ?? name}: ${inWords(told, confidence)}${more}${fallsOn(clear)}`];
  });
}

/** `0.0328 [0.0301, 0.0355] on large, 0.0000 [−0.0001, 0.0001] on small`. */
function inWords(parts: readonly Part[], confidence: number): string {
  const bounds = parts.map(({ loss }) => interval(loss, confidence));
  const figures = figuresAlike(parts.flatMap(({ loss }, i) => [loss.value, bounds[i]!.lower, bounds[i]!.upper]));
  return list(
    parts.map(({ value }, i) => {
      const [size, lower, upper] = figures.slice(3 * i);
      return `${size} [${lower}, ${upper}] on ${printable(value, 40)}`;
    }),
  );
}

function fallsOn(clear: ReadonlySet<Part>): string {
  return clear.size === 0
    ? ''
    : `: it falls on ${list(
        [...clear].map(({ value }) => printable(value, 40)),
        TOLD,
      )}`;
}
