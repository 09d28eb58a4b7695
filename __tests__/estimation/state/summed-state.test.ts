/** A state as a value: every estimate of a summed metric comes from it alone, and its columns are found by their keys. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildCells, cellKeys, placeCells } from '../../../src/data/evalset/cells.js';
import { arrangedAs } from '../../../src/estimation/state/summed-state.js';
import { tabulateParts } from '../../../src/estimation/streamed/tabulate-parts.js';
import { fillState } from '../../../src/estimation/tabulation/fill-state.js';
import { estimatesOf } from '../../../src/estimation/tabulation/state-estimates.js';
import { Tabulation } from '../../../src/estimation/tabulation/tabulate.js';
import { metricRef } from '../../fixtures/metrics.js';
import { evalSetFrom, expectEstimates, HELD, inParts, inputsOf, type Options, rowList } from './states.js';

const RUNS = { numRuns: 40 };
const refs = HELD.map(metricRef);
const links: fc.Arbitrary<Options> = fc.constantFrom({ link: 'identity' }, { link: 'sigmoid' });

describe('a state', () => {
  test('has the estimates of its run, to the bit', () => {
    fc.assert(
      fc.property(rowList, links, (rows, options) => {
        const inputs = inputsOf(rows, options);
        expectEstimates(estimatesOf(fillState(inputs), refs), new Tabulation(inputs));
      }),
      RUNS,
    );
  });

  test('has them in whatever order its columns were asked for', () => {
    const orders = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 });
    fc.assert(
      fc.property(rowList, orders, (rows, order) => {
        const wanted = fillState(inputsOf(rows));
        const arranged = arrangedAs(fillState(inputsOf(rows, { order })), wanted.columns);
        expect(arranged?.columns).toEqual(wanted.columns);
        expectEstimates(estimatesOf(arranged!, refs), estimatesOf(wanted, refs));
      }),
      RUNS,
    );
  });

  test('is none of the wanted columns where it has others', () => {
    const [rows] = fc.sample(rowList, { seed: 5, numRuns: 1 });
    const { columns } = fillState(inputsOf(rows!));
    expect(arrangedAs(fillState(inputsOf(rows!, { order: [0, 1, 2, 3] })), columns)).toBeUndefined();
  });
});

describe('log losses that are cut off', () => {
  test('are counted over the parts, and refused of all rows alone', async () => {
    const [some] = fc.sample(rowList, { seed: 3, numRuns: 1 });
    const many = Array.from({ length: 1100 }, (_, n) => ({ ...some![n % some!.length]!, label: 0 }));
    const stateOf = async (count: number) => {
      const clipped = many.map((one, n) => (n < count ? { ...one, scores: [1, ...one.scores.slice(1)] } : one));
      return (await tabulateParts(inParts(clipped, 4))).state;
    };
    // One row is more than 0.1 % of its part, and not of all; two are.
    const [one, two] = [await stateOf(1), await stateOf(2)];
    expect(one.clipped.map(({ rows }) => rows)).toEqual([1, 0, 0]);
    expect(estimatesOf(one, refs).value('log_loss', 0, 0)).toBeGreaterThan(0);
    expect(() => estimatesOf(two, refs)).toThrow(/2 of 1100 predictions within/);
  });
});

describe('rows of a part', () => {
  test('that the run has no cell for are refused', () => {
    const [rows] = fc.sample(rowList, { seed: 7, numRuns: 1 });
    const names = cellKeys(buildCells(evalSetFrom(rows!), [['tier', 'source']]));
    const strange = evalSetFrom([{ ...rows![0]!, tier: 'none\n' }]);
    expect(() => placeCells(strange, names)).toThrow(/rows with "tier" "none\\u000a"; expected slice values/);
  });
});
