/** The gap on parts of the rows: where it lies is known on the first day, before there is a replay. */

import { figuresAlike, wholePercent } from '../../checks/measurement.js';
import { type Cut, cutsOf, MOST } from '../../estimation/ledger/cuts.js';
import type { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { clearlyAbove, lossOn, type Part, partsOf, partsOfEach } from '../../estimation/ledger/parts.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { list, printable } from '../../lib/text.js';
import { bounded, type Split, type SplitPart } from './diagnosis.js';
import { finite, NEGLIGIBLE } from './sufficiency.js';

/** As many parts are named in a reading. */
const NAMED = 3;

/** The splits of a diagnosis; none where there is no gap, the ledger can judge none, or no column cuts it. */
export function splitsOf(
  sums: LedgerSums | undefined,
  confidence: number,
): { readonly splits?: readonly [Split, ...Split[]] } {
  const [first, ...others] = sums ? everySplit(sums, confidence) : [];
  return first ? { splits: [first, ...others] } : {};
}

function everySplit(sums: LedgerSums, confidence: number): Split[] {
  const { gap } = sums;
  if (!gap || sums.open !== undefined) return [];
  const difference = sums.differenceOf('s0', 's5');
  const cuts = cutsOf(sums);
  const parts = partsOfEach(
    sums,
    cuts.map(({ column }) => column),
    difference,
  );
  const split = cuts.map((cut, i) => ({ cut, parts: parts[i]! })).filter(({ parts }) => parts.length > 1);
  // One family over all columns: a reading of any of them is wrong one time in twenty at most.
  const clear = clearlyAbove(
    split.flatMap(({ parts }) => parts),
    confidence,
  );
  return split.map(({ cut, parts }) => {
    const mix = mixOf(sums, parts);
    const found = parts.filter((part) => clear.has(part));
    return {
      by: cut.by,
      parts: parts.map((part) => shown(part, cut, sums, confidence)),
      ...(mix === undefined ? {} : { mix }),
      reading: [readingOf(sums, parts, found, confidence), ...cutInWords(cut, parts)].join('; '),
    };
  });
}

function shown(part: Part, { column, cut }: Cut, { units }: LedgerSums, confidence: number): SplitPart {
  const production = units.columns.has('score_prod_online') ? 'score_prod_online' : 'score_prod';
  const gain = (before: string, after: string) =>
    lossOn(
      units,
      [
        [1, before],
        [-1, after],
      ],
      part.units,
    ).value;
  return {
    value: part.value,
    ...(cut > 0 && part.value === column.names.at(-1) ? { values: cut } : {}),
    rows: part.rows,
    share: part.share,
    offline: gain('score_prod', 's0'),
    online: gain(production, 's5'),
    gap: bounded(part.loss, confidence),
    excess: bounded(part.excess, confidence),
    contribution: part.contribution === undefined ? null : finite(part.contribution),
  };
}

/** The part of the gap that is no part's: what weighing the rows as production serves them changes of the gain. */
function mixOf({ ledger, gap }: LedgerSums, parts: readonly Part[]): number | undefined {
  if (!gap || !ledger.onlineWeight || parts.some(({ contribution }) => contribution === undefined)) return undefined;
  return parts.reduce((rest, { contribution = 0 }) => rest - contribution, gap.value);
}

function cutInWords({ cut, column }: Cut, parts: readonly Part[]): string[] {
  if (cut === 0) return [];
  const shown = parts.filter(({ value }) => value !== column.names.at(-1)).reduce((sum, { share }) => sum + share, 0);
  return [
    `${(cut + MOST - 1).toLocaleString('en-US')} values, of which the ${MOST - 1} largest, ${wholePercent(shown)} of ` +
      'the rows, stand by themselves',
  ];
}

/** @param found the parts that clearly lose more than the rest */
function readingOf(sums: LedgerSums, parts: readonly Part[], found: readonly Part[], confidence: number): string {
  if (!sums.gap) return '';
  const gap = sums.estimate(sums.gap);
  const clear = interval(gap, confidence).lower > 0;
  if (found.length > 0) return whereItLies(sums, found, clear ? gap : undefined, confidence);
  if (!clear) return 'there is no clear gap to split, and no part clearly has one that the others have not';
  const even = parts.every(({ excess, share, judgeable }) => {
    const { lower, upper } = interval(excess, confidence);
    const room = (NEGLIGIBLE * gap.value) / (share * (1 - share));
    return judgeable && lower > -room && upper < room;
  });
  return even
    ? `spread evenly: no part carries ${wholePercent(NEGLIGIBLE)} of the gap more, or less, than its share of the rows`
    : 'cannot tell: no part clearly loses more than the rest, and they are not shown to lose alike';
}

/** `all of the gap lies on v41 (20 % of the rows): 0.114 there, 0 elsewhere`. */
function whereItLies(sums: LedgerSums, found: readonly Part[], gap: Estimate | undefined, confidence: number): string {
  const own = new Set(found.flatMap(({ units }) => units));
  const codes = Int32Array.from({ length: sums.units.count }, (_, u) => (own.has(u) ? 0 : 1));
  const column = { codes, names: ['there', 'elsewhere'] };
  const [here, rest] = partsOf(sums, column, sums.differenceOf('s0', 's5'));
  if (!here || !rest) throw new Error('parts that lose more than a rest, of which there is none');
  const names = found.length > NAMED ? `${found.length} parts` : list(found.map(({ value }) => printable(value, 40)));
  const which = `${names} (${wholePercent(here.share)} of the rows)`;
  const [there, elsewhere] = figuresAlike([here.loss.value, rest.loss.value]);
  const sizes = `${there} there, ${elsewhere} elsewhere`;
  if (!gap) return `there is a gap on ${which}: ${sizes}; none is clear over all rows`;
  const { lower, upper } = interval(rest.loss, confidence);
  const room = (NEGLIGIBLE * gap.value) / rest.share;
  if (lower > -room && upper < room) return `all of the gap lies on ${which}: ${sizes}`;
  const carried =
    here.contribution === undefined ? '' : `; they carry ${wholePercent(here.contribution / gap.value)} of it`;
  return `the gap is larger on ${which}: ${sizes}${carried}`;
}
