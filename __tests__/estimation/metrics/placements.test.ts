/** Labels of two classes are walked over by a way of their own: it gives what fractions of labels give, to the bit. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classCodes } from '../../../src/estimation/metrics/placements.js';
import { areaUnderCurve } from '../../../src/estimation/metrics/roc-auc.js';
import { rowInputs } from '../../fixtures/metrics.js';

const row = fc.record({
  // Some alone, some tied.
  score: fc.oneof(fc.constantFrom(0.2, 0.5, 0.7), fc.double({ min: 0.01, max: 0.99, noNaN: true })),
  label: fc.constantFrom<number[]>(0, 0, 1),
  weights: fc.tuple(fc.constantFrom<number[]>(0, 0.5, 1, 3.7), fc.constantFrom<number[]>(0, 1, 2)),
  cell: fc.nat({ max: 400 }),
});
type Row = typeof row extends fc.Arbitrary<infer R> ? R : never;

function inputsOf(rows: readonly Row[], mixed: boolean, cells: number) {
  const parts = (mixed ? [0, 1] : [0]).flatMap((n) => [
    ...rowInputs({
      scores: rows.map(({ score }) => (n === 0 ? score : 1 - score)),
      label: rows.map(({ label }) => label),
      weight: rows.map(({ weights }) => weights[n]!),
    }).parts,
  ]);
  const label = Float64Array.from(rows, (own) => own.label);
  return { parts, label, cell: Int32Array.from(rows, ({ cell }) => cell % cells), cells };
}

test.each([1, 3, 200, 401])('rows of two classes in %d cells', (cells) => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 2, maxLength: 60 }), fc.boolean(), (rows, mixed) => {
      const classes = inputsOf(rows, mixed, cells);
      // A row that weighs nothing changes nothing but that labels are fractions.
      const fractions = inputsOf([...rows, { ...rows[0]!, label: 0.5, weights: [0, 0] }], mixed, cells);
      expect([classCodes(classes) !== undefined, classCodes(fractions)]).toEqual([true, undefined]);

      const credits = [new Float64Array(rows.length), new Float64Array(rows.length + 1)];
      const used = new Float64Array(rows.length).fill(7);
      const [own, other] = [
        areaUnderCurve(classes, used, credits[0]),
        areaUnderCurve(fractions, undefined, credits[1]),
      ];
      expect(own.value).toEqual(other.value);
      expect(own.influence).toEqual(other.influence.subarray(0, rows.length));
      expect(credits[0]).toEqual(credits[1]!.subarray(0, rows.length));
    }),
  );
});
