/** Figures stand alike on every surface; names and code of others stand as they are. */
import { describe, expect, it } from 'vitest';
import { typeset, typesetAll } from '../../src/report/view/typography.js';
import { viewOf } from '../../src/report/view/view.js';
import { FULL } from '../support/full-report.js';

describe('a figure in words', () => {
  it.each([
    ['62 % of the gap [−8 %, 3 %]', '62\u202f% of the gap [−8\u202f%, 3\u202f%]'],
    ['31 h old, 49.6 ms', '31\u202fh old, 49.6\u202fms'],
    ['a change of -0.5 [-1, 2]', 'a change of −0.5 [−1, 2]'],
    // A word that begins like a unit, a name, a date and a hash are none.
    ['3 hours of tier-1, v-2 at 2026-09-01, 5 s=x', '3 hours of tier-1, v-2 at 2026-09-01, 5 s=x'],
  ])('%s', (text, set) => {
    expect(typeset(text)).toBe(set);
  });
});

it('is set in all that is plain data, but for names, places and code', () => {
  const value = {
    text: '5 %',
    rows: [['-1']],
    live: '5 %',
    place: { file: 'a -1' },
    block: { kind: 'code', text: 'SELECT -1' },
    shares: new Map([['-1', 2]]),
    none: null,
  };
  expect(typesetAll(value)).toEqual({
    ...value,
    text: '5\u202f%',
    rows: [['−1']],
    shares: new Map([['−1', 2]]),
  });
});

it('leaves no unit and no minus otherwise in a view', () => {
  const { sections, cells, rules, curves, notes, footing } = viewOf(FULL);
  const code = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'code' ? undefined : value;
  const shown = JSON.stringify([sections, cells, rules, curves, notes, footing], code);
  expect(shown).not.toMatch(/\d % /);
  expect(shown).not.toMatch(/[ ([]-\d/);
});
