/** Drawn rows for the properties of metrics of rows. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { RowInputs } from '../../src/estimation/metrics/metric.js';
import { expectNear, rowInputs } from '../fixtures/metrics.js';

export interface Row {
  readonly score: number;
  readonly label: number;
  readonly weight: number;
}

/** Rows with tied scores in (0, 1), fractional labels and some weights of 0. */
export function arbitraryRows(labels: fc.Arbitrary<number> = fc.constantFrom(0, 0, 1, 1, 0.25)): fc.Arbitrary<Row[]> {
  return fc.array(
    fc.record({
      score: fc.integer({ min: 1, max: 12 }).map((x) => (x + 0.1234567) / 13.7),
      label: labels,
      weight: fc.constantFrom(0, 0.5, 1, 1, 2, 3.7),
    }),
    { minLength: 2, maxLength: 25 },
  );
}

export function inputsOf(rows: readonly Row[]): RowInputs {
  return rowInputs({
    scores: rows.map((row) => row.score),
    label: rows.map((row) => row.label),
    weight: rows.map((row) => row.weight),
  });
}

export function expectSame(actual: number, expected: number, tolerance: number): void {
  if (Number.isFinite(expected)) expectNear(actual, expected, 'same', tolerance);
  else expect(Number.isFinite(actual)).toBe(false);
}

/** Both classes with weight, so that every metric has a value. */
export const bothClasses = (rows: readonly Row[]) =>
  rows.some((row) => row.weight > 0 && row.label > 0) && rows.some((row) => row.weight > 0 && row.label < 1);
