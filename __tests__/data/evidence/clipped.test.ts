/** Losses that are the cut's, not the model's, and labels of one class. */
import { describe, expect, test } from 'vitest';
import { refuseClipped, refuseOneClass } from '../../../src/data/evidence/unjudgeable-rows.js';

const ROWS = 1000;
const EDGE = 1e-7;

/** A thousand predictions of a half, but for a few; labels alternate, 0 first. */
function refused(few: Readonly<Record<number, number>>): string {
  const p = Float64Array.from({ length: ROWS }, (_, r) => few[r] ?? 0.5);
  const label = Float64Array.from({ length: ROWS }, (_, r) => r % 2);
  try {
    refuseClipped(p, label, 's0', 'ledger.csv');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('predictions within 1e-7 of 0 or 1 on the wrong side of their label', () => {
  test('are refused beyond one in a thousand, on either side', () => {
    const message =
      'ledger.csv: 2 of 1000 predictions of "s0" within 1e-7 of 0 or 1 on the wrong side of their label; expected at most 0.1 % of the rows, as their log loss is cut off.';
    expect(refused({ 1: 0, 3: 0 })).toBe(message);
    expect(refused({ 0: 1, 2: 1 })).toBe(message);
    expect(refused({ 1: EDGE / 2, 2: 1 - EDGE / 2 })).toBe(message);
    expect(refused({ 1: 0 })).toBe('');
    expect(refused({ 0: 1 })).toBe('');
  });

  test('are not those on the right side, nor at 1e-7 itself, where nothing is cut off', () => {
    expect(refused({ 0: 0, 1: 1, 2: 0, 3: 1 })).toBe('');
    expect(refused({ 1: EDGE, 3: EDGE, 0: 1 - EDGE, 2: 1 - EDGE })).toBe('');
  });

  test('are those of a fractional label on either side, as both of its losses are cut off', () => {
    const half = (p: number) => () =>
      refuseClipped(Float64Array.of(p, p, 0.5), Float64Array.of(0.5, 0.5, 0), 's0', 'ledger.csv');
    expect(half(0)).toThrow(/2 of 3 predictions/);
    expect(half(1)).toThrow(/2 of 3 predictions/);
    expect(half(0.5)).not.toThrow();
  });
});

test('labels of one class tell nothing, but for a single row', () => {
  const of =
    (...labels: number[]) =>
    () =>
      refuseOneClass(Float64Array.from(labels), 'ledger.csv');
  expect(of(1, 1)).toThrow('ledger.csv: labels that are all 1; expected positives and negatives');
  expect(of(0, 0, 0)).toThrow('ledger.csv: labels that are all 0; expected positives and negatives');
  expect(of(0, 1)).not.toThrow();
  expect(of(0.5, 1)).not.toThrow();
  expect(of(1)).not.toThrow();
});
