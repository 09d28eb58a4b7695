/** Queries in cells: their relevant items, their logged candidates, and the mass of a version that they see. */
import { describe, expect, test } from 'vitest';
import { buildCells } from '../../../src/data/evalset/cells.js';
import { buildEntries, entryMass, relevantOf, rowsPerQuery } from '../../../src/estimation/tabulation/entries.js';
import { coded, evalSetOf } from '../../fixtures/metrics.js';

/** Two queries; the first one logged item x three times and y twice, and stands in two tiers. */
const evalSet = evalSetOf({
  query: coded(['a', 'a', 'b', 'a', 'a', 'a', 'b']),
  item: coded(['x', 'x', 'x', 'x', 'y', 'y', 'y']),
  label: [0.2, 1, 0, 0.5, 0.4, 0.4, 1],
  weight: [1, 3, 0, 2, 1, 1, 0],
  slices: { tier: coded(['s', 's', 's', 't', 't', 't', 's']) },
});
const { cuts } = buildCells(evalSet, []);
const [all, tiers] = [buildEntries(evalSet, cuts[0]!), buildEntries(evalSet, cuts[1]!)];
const positiveRows = Int32Array.of(0, 1, 3, 4, 5, 6);
/** By query and cell, the rows behind indices into `positiveRows`. */
const rowsOf = (entries: typeof all, lists: number[][]) =>
  Object.fromEntries(
    lists.map((list, e) => [
      `${evalSet.query.names[entries.query[e]!]}${entries.cell[e]}`,
      list.map((i) => positiveRows[i]),
    ]),
  );

test('a query has one entry in every cell that holds rows of it', () => {
  expect(all.count).toBe(2);
  expect(tiers.count).toBe(3);
  expect(Array.from(tiers.ofRow, (e) => `${tiers.query[e]}${tiers.cell[e]}`)).toEqual([
    '00',
    '00',
    '10',
    '01',
    '01',
    '01',
    '10',
  ]);
});

describe('relevant items', () => {
  test('of logged candidates are all positive rows', () => {
    expect(rowsOf(all, relevantOf(evalSet, positiveRows, all, false))).toEqual({ a0: [0, 1, 3, 4, 5], b0: [6] });
    expect(rowsOf(tiers, relevantOf(evalSet, positiveRows, tiers, false))).toEqual({
      a0: [0, 1],
      a1: [3, 4, 5],
      b0: [6],
    });
  });

  test('of a catalogue count once an entry, with their largest label, of equal ones the first', () => {
    expect(rowsOf(all, relevantOf(evalSet, positiveRows, all, true))).toEqual({ a0: [1, 4], b0: [6] });
    expect(rowsOf(tiers, relevantOf(evalSet, positiveRows, tiers, true))).toEqual({ a0: [1], a1: [3, 4], b0: [6] });
  });
});

test('logged candidates are the rows of the query, in whichever cell', () => {
  expect([...rowsPerQuery(evalSet)]).toEqual([5, 2]);
});

test('the mass of an entry is the mean over its rows by weight, and plain where none has a weight', () => {
  const histogram = { codes: Int32Array.of(0, 1, 0, 1, 1, 1, 1) };
  const mass = entryMass(all, { histogram: histogram.codes, mass: Float64Array.of(0.25, 0.75) }, evalSet.weight);
  // a: one of eight parts of weight sees 0.25; b: two rows without weight.
  expect([...mass]).toEqual([0.25 / 8 + (0.75 * 7) / 8, 0.5]);
});
