/** The diagnosis beside that of an earlier report: gap then and now, and what became of each cause. */

import type { Diagnosis } from '../../verdict/diagnosis/diagnosis.js';
import type { CauseState, Movement, Since } from '../../verdict/diagnosis/since.js';
import { formatBounded, formatHypothesis, formatSize } from '../../verdict/format.js';
import type { ViewSection } from './model.js';
import { ABSENT } from './words.js';

const MOVEMENTS: Readonly<Record<Movement, string>> = {
  closed: 'the gap is closed',
  smaller: 'the gap is smaller, and not closed',
  larger: 'the gap is larger',
  unclear: 'whether the gap moved cannot be told: the bounds overlap',
  unknown: 'whether the gap moved is not known, as it was not measured both times in one metric',
};

const STATES: Readonly<Record<CauseState, string>> = {
  gone: 'cause gone',
  left: 'cause left',
  new: 'cause new',
  open: 'open: the evidence no longer tells',
};

export function sinceSection(
  { gap: before, path, live, startedAt, movement, causes }: Since,
  now: Diagnosis['gap'],
): ViewSection {
  const of = [live, startedAt.slice(0, 10)].filter((part) => part !== '').join(', ');
  const share = (value: number | null) => (value === null ? ABSENT : formatSize(value, 'relative'));
  return {
    kind: 'since',
    title: 'Against the earlier report',
    blocks: [
      { kind: 'sentences', sentences: [{ text: `${MOVEMENTS[movement]} (${path}${of === '' ? '' : `: ${of}`})` }] },
      {
        kind: 'table',
        table: {
          columns: [{ title: 'what' }, { title: 'then' }, { title: 'now' }, { title: 'state' }],
          rows: [
            { cells: ['gap', before ? formatBounded(before) : ABSENT, now ? formatBounded(now) : ABSENT, movement] },
            ...causes.map(({ id, state, before: then, now: verdict, shareBefore, shareNow }) => ({
              cells: [
                id,
                then === null ? 'not asked' : `${formatHypothesis(then)} (${share(shareBefore)})`,
                `${formatHypothesis(verdict)} (${share(shareNow)})`,
                STATES[state],
              ],
            })),
          ],
        },
      },
    ],
  };
}
