/** Properties of metrics of rows: the AUC counts pairs, influences sum to 0, bins are exact. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { averagePrecision } from '../../../src/estimation/metrics/average-precision.js';
import { ece } from '../../../src/estimation/metrics/ece.js';
import { logMae } from '../../../src/estimation/metrics/log-mae.js';
import type { ScorePart } from '../../../src/estimation/metrics/metric.js';
import { rocAuc } from '../../../src/estimation/metrics/roc-auc.js';
import { expectNear, rowInputs } from '../../fixtures/metrics.js';
import { arbitraryRows, bothClasses, expectSame, inputsOf, type Row } from '../../support/rows-of-scores.js';

/** Σ_{i,j} over all pairs of rows, as in the definition. */
function pairCount(rows: readonly Row[]): number {
  let concordant = 0;
  let pairs = 0;
  for (const i of rows)
    for (const j of rows) {
      const mass = i.weight * i.label * j.weight * (1 - j.label);
      pairs += mass;
      concordant += mass * (i.score > j.score ? 1 : i.score === j.score ? 0.5 : 0);
    }
  return concordant / pairs;
}

describe('roc_auc', () => {
  test('equals the count over all pairs', () => {
    fc.assert(
      fc.property(arbitraryRows().filter(bothClasses), (rows) => {
        expectNear(rocAuc.evaluate(inputsOf(rows)).value[0]!, pairCount(rows), 'pairs', 1e-12);
      }),
    );
  });

  test('does not change under a strictly increasing transform of the scores', () => {
    fc.assert(
      fc.property(
        arbitraryRows().filter(bothClasses),
        fc.constantFrom(
          (s: number) => Math.log(s / (1 - s)),
          (s: number) => 1e6 * s ** 3 - 5,
          (s: number) => -1 / s,
          (s: number) => Math.exp(s) * 2 ** -1060,
        ),
        (rows, transform) => {
          const moved = rows.map((row) => ({ ...row, score: transform(row.score) }));
          expect(rocAuc.evaluate(inputsOf(moved)).value[0]).toBe(rocAuc.evaluate(inputsOf(rows)).value[0]);
        },
      ),
    );
  });

  test('becomes 1 - AUC when the scores change their sign', () => {
    fc.assert(
      fc.property(arbitraryRows().filter(bothClasses), (rows) => {
        const flipped = rows.map((row) => ({ ...row, score: -row.score }));
        const sum = rocAuc.evaluate(inputsOf(flipped)).value[0]! + rocAuc.evaluate(inputsOf(rows)).value[0]!;
        expectNear(sum, 1, 'sum', 1e-12);
      }),
    );
  });

  test('is 0.5 for scores that are all equal, 1 and 0 for perfect and inverted orders', () => {
    const auc = (scores: number[], label: number[]) => rocAuc.evaluate(rowInputs({ scores, label })).value[0];
    expect(auc([3, 3, 3], [0, 1, 1])).toBe(0.5);
    expect(auc([1, 2, 3], [0, 1, 1])).toBe(1);
    expect(auc([3, 2, 1], [0, 1, 1])).toBe(0);
    expect(auc([-0, 0], [1, 0])).toBe(0.5);
  });

  test.each([0, 1])('is undefined where every label is %d', (label) => {
    expect(rocAuc.evaluate(rowInputs({ scores: [1, 2], label: [label, label] })).value[0]).toBeNaN();
  });

  test('stays exact beyond 2,048 rows, where rows are sorted another way', () => {
    const rows = Array.from({ length: 2500 }, (_, r) => ({
      score: ((r * 7919) % 501) / 501 - 0.4,
      label: (r * 31) % 7 === 0 ? 1 : 0,
      weight: 1 + (r % 3),
    }));
    expectNear(rocAuc.evaluate(inputsOf(rows)).value[0]!, pairCount(rows), 'pairs', 1e-12);
  });
});

describe.each([
  ['roc_auc', rocAuc],
  ['average_precision', averagePrecision],
  ['ece', ece],
] as const)('influences of %s', (_, metric) => {
  test('sum to 0', () => {
    fc.assert(
      fc.property(arbitraryRows().filter(bothClasses), (rows) => {
        const { influence } = metric.evaluate(inputsOf(rows));
        const sum = influence.reduce((a, b) => a + b, 0);
        expect(Math.abs(sum)).toBeLessThan(1e-12);
      }),
    );
  });

  test('do not change when all weights are scaled, and neither does the value', () => {
    fc.assert(
      fc.property(arbitraryRows().filter(bothClasses), (rows) => {
        const before = metric.evaluate(inputsOf(rows));
        const after = metric.evaluate(inputsOf(rows.map((row) => ({ ...row, weight: 1024 * row.weight }))));
        expectSame(after.value[0]!, before.value[0]!, 1e-13);
        for (let r = 0; r < rows.length; r++) expectSame(after.influence[r]!, before.influence[r]!, 1e-13);
      }),
    );
  });
});

describe('ece and log_mae', () => {
  test('ece is 0 where every bin predicts what it holds', () => {
    const scores = Array.from({ length: 40 }, (_, r) => (r % 4 < 2 ? 0.25 : 0.75));
    const label = Array.from({ length: 40 }, (_, r) => (r % 4 < 2 ? 0.25 : 0.75));
    expect(ece.evaluate(rowInputs({ scores, label })).value[0]).toBe(0);
  });

  test('a row stays in the aligned prediction’s group for log_mae, and moves between bins for ece', () => {
    const n = 20;
    const aligned = rowInputs({
      scores: Array.from({ length: n }, (_, r) => (r + 1) / (n + 1)),
      label: Array.from({ length: n }, (_, r) => (r >= n / 2 ? 1 : 0)),
    });
    const reversed: ScorePart = { ...aligned.parts[0]!, prediction: (r) => (n - r) / (n + 1) };
    const moved = { ...aligned, parts: [reversed] };
    // By hand: groups of two rows; P = (2n - 2g·2 - 1)/(n + 1) for group g, Y = 0 or 2.
    let expected = 0;
    for (let g = 0; g < 10; g++) {
      const p = (n - 2 * g + n - 2 * g - 1) / (n + 1);
      expected += Math.abs(Math.log((p + 1) / ((g >= 5 ? 2 : 0) + 1))) / 10;
    }
    expectNear(logMae.evaluate(moved).value[0]!, expected, 'log_mae', 1e-12);
    // Each bin of the reversed predictions holds two rows of the other half.
    let gap = 0;
    for (let r = 0; r < n; r++) gap += Math.abs((n - r) / (n + 1) - (r >= n / 2 ? 1 : 0));
    expectNear(ece.evaluate(moved).value[0]!, gap / n, 'ece', 1e-12);
  });
});

describe('rows whose mass is not known', () => {
  test.each([
    ['roc_auc', rocAuc],
    ['average_precision', averagePrecision],
  ])('leave their cell without a value: %s', (_, metric) => {
    const rows = [0.9, 0.8, 0.3, 0.1].map((score, r) => ({ score, label: r % 2, weight: r === 1 ? Number.NaN : 1 }));
    expect(metric.evaluate(inputsOf(rows)).value[0]).toBeNaN();
  });
});

describe('the bound of ties', () => {
  test.each([
    ['roc_auc', rocAuc],
    ['average_precision', averagePrecision],
  ])('holds the value of any order within bins: %s', (_, metric) => {
    fc.assert(
      fc.property(arbitraryRows().filter(bothClasses), fc.integer({ min: 1, max: 6 }), (rows, bins) => {
        const binOf = (score: number) => Math.floor(score * bins);
        const exact = metric.evaluate(inputsOf(rows)).value[0]!;
        const tied = metric.evaluate(inputsOf(rows.map((row) => ({ ...row, score: binOf(row.score) })))).value[0]!;
        const [positive, negative] = [new Float64Array(bins), new Float64Array(bins)];
        for (const { score, label, weight } of rows) {
          positive[binOf(score)]! += weight * label;
          negative[binOf(score)]! += weight * (1 - label);
        }
        const bound = metric.boundOfTies?.(positive, negative) ?? Number.NaN;
        expect(Math.abs(exact - tied)).toBeLessThanOrEqual(bound + 1e-12);
      }),
    );
  });
});
