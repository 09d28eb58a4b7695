/** Both figures against scikit-learn (roc_auc_score; LogisticRegression with C=1e12) on the same numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc, platt } from '../../src/starter/logistic.js';

const SCORES = Float64Array.from([
  2.04, -2.56, 0.42, -0.57, -0.45, -0.22, -2.02, -0.23, -0.87, 3.32, 0.23, -0.35, -0.28, -0.67, -1.06, -0.39, 0.48,
  -0.24, 0.96, -0.2, 0.02, 1.55, 0.55, -0.51, -0.18, 0.54, 1.94, -0.27, -0.24, 1.0, -0.89, -0.29, 0.88, 0.58, 0.09,
  0.67, -2.83, 1.02, -0.96, -1.67, 0.28, 0.7, -0.44, -1.08, 0.03, -0.05, 1.41, 0.75, 0.19, 1.11, -0.21, -0.93, 0.58,
  0.58, -0.21, -0.78, 0.23, -2.49, 0.69, 0.49,
]);
const LABELS = Float64Array.from([
  1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0,
  0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0,
]);

describe('figures of scores against labels', () => {
  it('are those of scikit-learn', () => {
    expect(auc(SCORES, LABELS)).toBeCloseTo(0.6788277511961723, 14);
    expect(platt(SCORES, LABELS)?.scale).toBeCloseTo(0.879360667, 6);
    expect(platt(SCORES, LABELS)?.bias).toBeCloseTo(-0.629769116, 6);
  });

  it('AUC counts pairs, ties half; without both kinds of labels there is none', () => {
    const row = fc.record({ score: fc.integer({ min: -5, max: 5 }), label: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), (rows) => {
        const [ups, downs] = [rows.filter(({ label }) => label === 1), rows.filter(({ label }) => label === 0)];
        const won = ups.flatMap((up) =>
          downs.map((down) => (up.score > down.score ? 1 : up.score === down.score ? 0.5 : 0)),
        );
        const pairs = won.reduce<number>((sum, part) => sum + part, 0) / won.length;
        const found = auc(
          Float64Array.from(rows, ({ score }) => score),
          Float64Array.from(rows, ({ label }) => label),
        );
        if (won.length === 0) expect(found).toBeNaN();
        else expect(found).toBeCloseTo(pairs, 12);
      }),
    );
  });

  it('a curve that labels have no end of is none: a threshold that separates them, or scores that are all alike', () => {
    expect(platt(Float64Array.of(-2, -1, 1, 2), Float64Array.of(0, 0, 1, 1))).toBeUndefined();
    expect(platt(Float64Array.of(3, 3, 3), Float64Array.of(0, 1, 1))).toBeUndefined();
  });
});
